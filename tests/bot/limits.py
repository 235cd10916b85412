"""What Discord says of its own interface, held against what the bot has sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema

from tests.bot.stand_in import Call, texts

_SCHEMAS = {
    "edit": {"$ref": "#/components/schemas/IncomingWebhookUpdateRequestPartial"},
    "whisper": {"$ref": "#/components/schemas/IncomingWebhookRequestPartial"},
    "post": {"$ref": "#/components/schemas/MessageCreateRequest"},
    "register": {"items": {"$ref": "#/components/schemas/ApplicationCommandUpdateRequest"}},
}
_MOST_TEXT = 4000  # characters of all components together, which the schema does not say,
_MOST_COMPONENTS = 40  # and components, however deep
_V2 = 1 << 15


class Limits:
    """Discord's limits, from the description of its HTTP interface."""

    def __init__(self, description: Path) -> None:
        document = json.loads(description.read_text(encoding="utf-8"))
        paths = document["paths"]["/interactions/{interaction_id}/{interaction_token}/callback"]
        promise = paths["post"]["requestBody"]["content"]["application/json"]["schema"]
        self._validators = {
            what: jsonschema.Draft202012Validator({**schema, "components": document["components"]})
            for what, schema in {**_SCHEMAS, "promise": promise}.items()
        }

    def violations(self, calls: Iterable[Call]) -> list[str]:
        """What is wrong with these calls, a line each."""
        return [f"{call.what}: {wrong}" for call in calls for wrong in self._wrong(call)]

    def _wrong(self, call: Call) -> Iterator[str]:
        if call.what in self._validators:
            for error in self._validators[call.what].iter_errors(call.body):
                yield error.message[:200]
        body = call.body.get("data") or {} if call.what == "promise" else call.body
        if not isinstance(body, dict):
            return
        components = body.get("components") or []
        if len(texts(components)) > _MOST_TEXT:
            yield "too much text"
        if _count(components) > _MOST_COMPONENTS:
            yield "too many components"
        if components and body.get("flags", 0) & _V2 and (body.get("content") or body.get("embeds")):
            yield "content beside components of the second version"
        if (components or body.get("content")) and body.get("allowed_mentions") != {"parse": []}:
            yield "somebody could be pinged"


def _count(components: list[dict[str, Any]]) -> int:
    return sum(1 + _count(one.get("components", [])) + ("accessory" in one) for one in components)
