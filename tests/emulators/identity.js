// The identity endpoint of an App Service, as azure_identity's managed identity asks it: hands out tokens that Azurite
// takes (it looks at the claims, not at the signature). Prints its port.
const { createServer } = require("node:http");

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

const server = createServer((request, response) => {
  const resource = new URL(request.url, "http://localhost").searchParams.get("resource");
  if (request.headers["x-identity-header"] !== process.env.IDENTITY_HEADER || !resource) {
    response.writeHead(401).end();
    return;
  }
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: resource,
    iss: "https://sts.windows.net/00000000-0000-0000-0000-000000000001/",
    tid: "00000000-0000-0000-0000-000000000001",
    oid: "00000000-0000-0000-0000-000000000002",
    iat: now - 60,
    nbf: now - 60,
    exp: now + 3600,
  };
  const token = `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ access_token: token, expires_on: `${claims.exp}`, resource, token_type: "Bearer" }),
  );
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
