"""A plug-in of the local cloud: notes when each event came in on its bus.

A line for each entry of PutEvents in the file that `TENANTRY_LOCAL_MOMENTS` names:
seconds of a clock that only goes forward, the bus, the detail type, and the tenant's
registration.
"""

import json
import os
import time

from ministack.services import eventbridge


def install():
    put_events = eventbridge._put_events
    path = os.environ["TENANTRY_LOCAL_MOMENTS"]

    def noted(data, allow_aws_source=False):
        now = time.monotonic()
        with open(path, "a") as out:
            for entry in data.get("Entries") or []:
                try:
                    detail = json.loads(entry.get("Detail") or "{}")
                except ValueError:
                    continue
                bus = (entry.get("EventBusName") or "default").rpartition("/")[2]
                whose = detail.get("tenantRegistrationId")
                out.write(json.dumps([now, bus, entry.get("DetailType"), whose]) + "\n")
        return put_events(data, allow_aws_source=allow_aws_source)

    eventbridge._put_events = noted
