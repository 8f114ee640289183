export const NewRulePage = () => <p>NewRule</p>
