"""A stand-in for the AWS CLI: answers `cloudformation` calls from a script of answers.

FAKE_AWS names a JSON file, {"answers": [...], "calls": []}. Each call takes the
first answer and adds itself to the calls. An answer is an object that is
printed, or a text that is an error.
"""

import json
import os
import sys

path = os.environ["FAKE_AWS"]
with open(path, encoding="utf-8") as file:
    script = json.load(file)
arguments = sys.argv[2:]
script["calls"].append(arguments)
for argument in arguments:
    if argument.endswith("request.json"):
        with open(argument[len("file://") :], encoding="utf-8") as request:
            script["request"] = json.load(request)
answer = script["answers"].pop(0) if script["answers"] else "no answer is left"
with open(path, "w", encoding="utf-8") as file:
    json.dump(script, file)
if isinstance(answer, str):
    sys.exit(f"An error occurred {answer}")
print(json.dumps(answer))
