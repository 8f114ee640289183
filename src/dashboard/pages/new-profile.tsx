export const NewProfilePage = () => <p>NewProfile</p>
