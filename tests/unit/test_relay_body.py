"""What the gateway tells `/chat` about a burst."""

import json
import uuid
from datetime import UTC, datetime

from nexus.runtime.strict_json import MAX_BYTES
from nexus.store.questions import Question, QuestionMessage
from nexus.store.queue import ClaimedBurst
from nexus.whatsapp_service.relay import _chat_request


def test_a_burst_of_many_huge_messages_passes_the_orchestrator_s_door() -> None:
    """150 messages of 65 536 characters: as they stood, 413 five times and the burst was parked."""
    long = "\u0001" * 65_536
    messages = [QuestionMessage(f"wamid.{n}", "text", long, datetime.now(UTC), None, None, None) for n in range(150)]
    question = Question("+5491155550123", None, "+5491100000000", None, False, "wamid.149", False, messages)
    claimed = ClaimedBurst(1, uuid.uuid4(), uuid.uuid4(), 1, 0, "corr", False)

    request = _chat_request(claimed, question)

    assert len(json.dumps(request.model_dump(mode="json")).encode()) < MAX_BYTES
    assert [m.provider_message_id for m in request.messages] == [f"wamid.{n}" for n in range(50, 150)]
    assert request.provider_message_id == "wamid.149"
