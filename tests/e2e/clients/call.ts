// Calls the running API with the types that openapi-typescript made: onboards a tenant, reads it, its history and the
// list, and offboards it. Prints what the API said as one JSON object.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const { API, TOKEN, TIER } = process.env as Record<string, string>;
const client = createClient<paths>({ baseUrl: API, headers: { authorization: `Bearer ${TOKEN}` } });

/** What `call` answers once the API is neither busy nor still waiting for the tenant. */
async function patiently<A extends { response: Response }>(call: () => Promise<A>): Promise<A> {
  for (let tries = 0; tries < 240; tries += 1) {
    const answer = await call();
    if (![404, 429, 503].includes(answer.response.status)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("no answer in time");
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

const accepted = present(
  (
    await patiently(() =>
      client.POST("/tenant-registrations", {
        body: { tenantName: "TypeScript & Söhne", email: "typescript@clients.example", tier: TIER },
      }),
    )
  ).data,
  "acceptance",
).data;
const path = { tenantId: accepted.tenantId };
const tenant = present((await patiently(() => client.GET("/tenants/{tenantId}", { params: { path } }))).data, "tenant").data;
const history = present(
  (await patiently(() => client.GET("/tenants/{tenantId}/history", { params: { path } }))).data,
  "history",
).data;
const tenants = present(
  (await patiently(() => client.GET("/tenants", { params: { query: { name: "typescript", limit: 100 } } }))).data,
  "list",
).data;
const refused = await patiently(() =>
  client.POST("/tenant-registrations", { body: { tenantName: "x", email: "nobody", tier: TIER } }),
);
const tenantRegistrationId = present(accepted.tenantRegistrationId, "registration");
await patiently(() =>
  client.DELETE("/tenant-registrations/{tenantRegistrationId}", { params: { path: { tenantRegistrationId } } }),
);

console.log(
  JSON.stringify({
    same: tenant.tenantId === accepted.tenantId,
    name: tenant.tenantName,
    listed: tenants.some((listed) => listed.tenantId === accepted.tenantId),
    actions: history.flatMap((line) => (line.type === "audit" ? [line.action] : [])).slice(0, 1),
    refused: refused.error && "code" in refused.error ? refused.error.code : null,
  }),
);
