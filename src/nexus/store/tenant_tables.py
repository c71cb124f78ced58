"""What of a shop goes into its file and comes out of it (`nexus tenant export`), table by table.

Each column of each table is either taken or named as left out, and each table of a tenant is here or in LEFT_OUT: a
test compares both with the catalogue, so that whoever adds one has to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ShopTable:
    """A table, in the order in which its rows are written and can be read.

    `own` names what its `id` is to others, `refers` which columns name whom, `ahead` those that name a later row of the
    table itself. A `numbered` id is given anew by the database; a UUID is kept unless it is taken. `settled` says what
    becomes of values that would set something going.
    """

    name: str
    columns: tuple[str, ...]
    without: tuple[str, ...] = ()
    order: str = "1"
    own: str | None = None
    numbered: bool = False
    refers: Mapping[str, str] = field(default_factory=dict)
    ahead: tuple[str, ...] = ()
    settled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_CHAT = {"conversation_id": "conversation"}

TABLES = (
    ShopTable(
        "tenants",
        _words(
            """store_name bot_phone_number store_website store_description store_catalog_knowledge store_location
               store_address shipping_partners system_prompt time_zone lockout_hours bot_enabled inbox_replies_pause
               ignore_app_greeting created_at voice_vocabulary business_hours agenda_made closes_on_holidays
               reminder_hours reminder_template_name reminder_template_language keep_messages_days keep_traces_days
               keep_events_days keep_audit_days alert_emails"""
        ),
        # Which shop of Tienda Nube it is stands among its credentials.
        _words("id tiendanube_store_id tiendanube_access_token updated_at"),
    ),
    ShopTable(
        "tenant_human_handoff_config",
        _words(
            """enabled destination_email smtp_host smtp_port smtp_security smtp_username handoff_message created_at
               updated_at"""
        ),
        ("smtp_password_encrypted",),
    ),
    ShopTable(
        "tenant_bot_settings",
        _words(
            """vision shadow_mode draft_orders back_in_stock back_in_stock_template fallback_model
               monthly_token_ceiling monthly_cost_ceiling_usd human_topics tone persona_name persona_notes updated_at"""
        ),
    ),
    ShopTable("knowledge_sections", _words("kind text updated_at")),
    ShopTable("knowledge_answers", _words("question answer created_at updated_at"), ("id",), order="id"),
    ShopTable("prompt_versions", _words("number content note copy_of published_by published_at"), order="number"),
    ShopTable("catalogue_synonyms", _words("position words means"), order="position"),
    ShopTable("canned_replies", _words("shortcut text created_at updated_at"), ("id",), order="id"),
    ShopTable("labels", _words("id name created_at"), order="id", own="label", numbered=True),
    ShopTable(
        "agenda_resources",
        _words("id name color active position created_at"),
        _words("feed_version feed_on"),  # an address is of the installation that gave it out
        order="id",
        own="resource",
        numbered=True,
    ),
    ShopTable(
        "agenda_services",
        _words("id name minutes buffer_before buffer_after active position created_at"),
        order="id",
        own="service",
        numbered=True,
    ),
    ShopTable("agenda_hours", _words("resource_id weekday opens closes"), refers={"resource_id": "resource"}),
    ShopTable(
        "agenda_exceptions",
        _words("resource_id day opens closes reason created_at"),
        ("id",),
        order="id",
        refers={"resource_id": "resource"},
    ),
    ShopTable(
        "agenda_blocks",
        _words("resource_id starts_at ends_at reason created_by created_at"),
        ("id",),
        order="id",
        refers={"resource_id": "resource"},
    ),
    ShopTable(
        "chat_conversations",
        _words(
            """id channel external_user_id status display_name wa_address user_scoped_id human_override_until
               override_since override_cause override_author override_reason last_message_at last_message_preview
               last_inbound_at unread needs_human_since needs_human_reason last_apology_at created_at"""
        ),
        # What the queues know of it, who of this installation has it, and what counts only here.
        _words(
            """override_burst_id revision waiting_since due_at active_burst_id retry_at lease_until lease_owner fence
               claim_at outbox_due_at outbox_lease_until outbox_owner merge_into pair_tokens pair_at assigned_to
               changed_xid"""
        ),
        order="created_at, id",
        own="conversation",
    ),
    ShopTable(
        "customer_aliases",
        _words("channel external_user_id conversation_id created_at"),
        order="created_at, external_user_id",
        refers=_CHAT,
    ),
    ShopTable(
        "chat_media",
        _words("id media_type mime_type file_name byte_size created_at sha256 seconds uploaded_by"),
        _words("storage_url provider_media_id provider_media_at"),  # where it is here, and at a provider for some weeks
        order="created_at, id",
        own="media",
    ),
    ShopTable(
        "chat_messages",
        _words(
            """id conversation_id role author kind message_type content payload media_id provider provider_message_id
               provider_id external_id client_ref delivery part total provider_status status_code status_message
               status_at sent_at created_at quoted_id resent_as media_state words_state media_problem words_problem"""
        ),
        _words(
            """seq correlation_id burst_id awaits_answer attempts next_attempt_at sending_until media_due_at
               media_lease_until media_attempts superseded_burst_id"""
        ),
        order="seq",
        own="message",
        refers=_CHAT | {"media_id": "media"},
        ahead=("resent_as",),
        settled={
            "provider_status": {"pending": "discarded", "sending": "unknown"},
            "media_state": {"waiting": "failed"},
            "words_state": {"waiting": "failed"},
        },
    ),
    ShopTable("conversation_labels", _words("conversation_id label_id"), refers=_CHAT | {"label_id": "label"}),
    ShopTable(
        "conversation_notes",
        _words("id conversation_id text author created_at updated_at"),
        ("author_id",),
        order="created_at, id",
        own="note",
        refers=_CHAT,
    ),
    ShopTable(
        "consents",
        _words("conversation_id purpose state at source message_id author"),
        ("id",),
        order="id",
        refers=_CHAT | {"message_id": "message"},
    ),
    ShopTable(
        "handoffs",
        _words("id conversation_id source reason details email_state email_attempts created_at"),
        ("burst_id",),
        order="created_at, id",
        own="handoff",
        refers=_CHAT,
        settled={"email_state": {"pending": "skipped"}},
    ),
    ShopTable(
        "appointments",
        _words(
            """id conversation_id resource_id service_id title customer_name customer_phone starts_at ends_at status
               source notes client_ref version created_at updated_at busy_from busy_to created_by
               confirmation_asked_at"""
        ),
        order="created_at, id",
        own="appointment",
        refers=_CHAT | {"resource_id": "resource", "service_id": "service"},
    ),
)

LEFT_OUT = frozenset(
    # credentials and people
    _words("tenant_credentials agenda_feed_keys tenant_members audit_log live_tests")
    # queues, and what waits to be done or said
    + _words("bursts announcements appointment_reminders stock_notices reply_drafts alerts")
    # traces, figures and effects of answers
    + _words("burst_recordings llm_calls tool_effects system_events provider_events draft_carts order_tries")
    # read or made anew by whoever has the credentials
    + _words("catalogue_categories catalogue_changes catalogue_products catalogue_syncs catalogue_words message_words")
    + _words("webhook_lights whatsapp_health whatsapp_templates")
    # what was asked here about people's data
    + _words("privacy_requests erased_ids erased_files")
)
"""Tables with a tenant of which nothing goes into a shop's file."""
