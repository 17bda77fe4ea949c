"""Calls the running API with the client that openapi-python-client made: onboards a tenant, reads it, its history and
the list, and offboards it. Prints what the API said as one JSON object."""

import json
import os
import time

from tenantry_client import AuthenticatedClient
from tenantry_client.api.tenant_registrations import create_registration, delete_registration, get_registration
from tenantry_client.api.tenants import get_tenant, list_tenants, tenant_history
from tenantry_client.models import Problem, Registration

client = AuthenticatedClient(base_url=os.environ["API"], token=os.environ["TOKEN"], raise_on_unexpected_status=True)


def patiently(call):
    """What `call` answers once the API is neither busy nor still waiting for the tenant."""
    for _ in range(240):
        answer = call()
        if answer.status_code not in (404, 429, 503):
            return answer.parsed
        time.sleep(0.25)
    raise SystemExit("no answer in time")


body = Registration(tenant_name="Python & Söhne", email="python@clients.example", tier=os.environ["TIER"])
body["plan"] = {"seats": 5}
accepted = patiently(lambda: create_registration.sync_detailed(client=client, body=body)).data
tenant = patiently(lambda: get_tenant.sync_detailed(client=client, tenant_id=accepted.tenant_id)).data
history = patiently(lambda: tenant_history.sync_detailed(client=client, tenant_id=accepted.tenant_id)).data
tenants = patiently(lambda: list_tenants.sync_detailed(client=client, name="python", limit=100)).data
registration = accepted.tenant_registration_id
again = patiently(lambda: get_registration.sync_detailed(client=client, tenant_registration_id=registration)).data
refused = patiently(
    lambda: create_registration.sync_detailed(
        client=client, body=Registration(tenant_name="x", email="nobody", tier=os.environ["TIER"])
    )
)
patiently(lambda: delete_registration.sync_detailed(client=client, tenant_registration_id=registration))
print(
    json.dumps(
        {
            "same": str(tenant.tenant_id) == str(accepted.tenant_id) == str(again.tenant_id),
            "name": tenant.tenant_name,
            "listed": any(str(listed.tenant_id) == str(accepted.tenant_id) for listed in tenants),
            "actions": [line.action for line in history if hasattr(line, "action")][:1],
            "refused": refused.code if isinstance(refused, Problem) else None,
        }
    )
)
