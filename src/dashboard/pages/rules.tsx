export const RulesPage = () => <p>Rules</p>
