export const TokensPage = () => <p>Tokens</p>
