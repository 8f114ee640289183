export const ProfilesPage = () => <p>Profiles</p>
