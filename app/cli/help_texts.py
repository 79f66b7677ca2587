"""What `--help` tells below the options: examples, exit codes, surroundings. Pure."""

from __future__ import annotations

import textwrap

EXIT_CODES = """\
Exit codes (sysexits.h):
   0  done
  64  wrong usage
  65  bad data: nothing was done, or the rows named were left out
  69  unavailable: the provider or the profile cannot be reached
  75  still waiting, or not certain; it goes on at the next start
  77  not allowed: not connected, sign in again, or held by a policy
 130  stopped by the person"""

_SURROUNDINGS = """\
Surroundings:
  POSTRIDER_PROFILE  the directory of all local state, as --profile
  POSTRIDER_…        every setting; `postrider doctor` lists them with their origin

With --json each answer is one object a line on standard output, a failure is
{"error": {"code", "message", "details"}}, and remarks go to standard error."""

# What --json writes is a contract: fields are added, never renamed or taken away.
JSON: dict[str, str] = {
    "accounts": "uid provider address name state capabilities scopes mailboxes missing",
    "outbox": "uid state reason step provider from to cc bcc subject attempts created_at due_at planned_at keeper"
    " sent_at size_bytes sha256 frozen_hash message_id provider_message_id provider_thread_id"
    " wire_message_id differences detail links",
    "contacts": "uid external_id name first_name last_name emails company title phone fields"
    " created_at updated_at",
    "deals": "uid external_id name amount currency stage company closes_on contact_uids fields"
    " created_at updated_at",
    "drafts": "uid revision mailbox_uid subject to cc bcc attachments updated_at",
    "keys": "uid name permissions is_good created_at expires_at revoked_at last_used_at",
    "sync": "account mailboxes conversations",
    "render": "eml sha256 size_bytes message_id",
}
JSON["send"] = JSON["outbox"]

EXAMPLES: dict[str, str] = {
    "": """\
  postrider send --from ada@acme.example --to jane@northwind.example \\
      --subject "Pricing" --text "Hi Jane" --attach deck.pdf
  postrider contacts import export.csv
  postrider outbox list --view outbox --json""",
    "compose": """\
  postrider compose "mailto:jane@northwind.example?subject=Pricing"
  postrider compose --to jane@northwind.example --attach deck.pdf
  postrider compose --to jane@northwind.example --contact jane@northwind.example --deal 4711""",
    "send": """\
  postrider send --from ada@acme.example --to "Jane Doe <jane@northwind.example>" \\
      --subject "Pricing" --text-file mail.txt --attach deck.pdf --wait 30
  echo "Hi {{contact.first_name|there}}" | postrider send --to jane@northwind.example \\
      --subject "For {{contact.company}}" --text - --contact jane@northwind.example
  postrider send --to jane@northwind.example --subject "Monday" --text "…" --at +2h \\
      --idempotency-key order-4711 --context ticket:4711
  postrider send --reply-to-message UID --text "One more thing …"

--reply-to-message answers everybody of that message with its subject, in its conversation and
from the mailbox it belongs to; --to, --cc and --subject say otherwise.

--at: from an Outlook account Outlook keeps the message and sends it, whether this computer is on or
not; with --kept-by computer, and from Gmail, this computer sends it and must be on.""",
    "accounts": """\
  postrider accounts add --provider gmail
  postrider accounts add --provider outlook --flow device
  postrider accounts list --json""",
    "outbox": """\
  postrider outbox list --filter "jane pricing"
  postrider outbox resolve UID --sent
  postrider outbox dismiss UID
  postrider outbox export UID mail.eml
  postrider outbox verify""",
    "contacts": """\
  postrider contacts import export.csv
  postrider contacts import --separator tab - < people.tsv
  postrider contacts import cards.vcf --json
  postrider contacts list --filter northwind
  postrider contacts show jane@northwind.example

The first row names the columns, in the words of most CRMs and address books (First Name,
E-mail Address, Company, Id …); other columns become fields: “Renewal date” is
{{contact.renewal_date}}. A row that is known by its uid, id or address is updated; an empty
cell erases nothing. A row with an error is named and left out.""",
    "deals": """\
  postrider deals import deals.csv
  postrider deals show 4711

Columns: Id, Deal Name, Amount, Currency, Stage, Company, Close Date, Contact Email. The
contacts must be known.""",
    "drafts": """\
  postrider drafts save draft.json
  echo '{"recipients":{"to":["jane@northwind.example"]},"subject":"Hi","body":{"text":"…"}}' \\
      | postrider drafts save - --attach deck.pdf
  postrider drafts send UID --at 2026-07-14T09:30

The JSON is what `drafts show UID --json` gives under draft; every field may be left out. An
attachment may be {"path": "deck.pdf"}: the file is copied in, from beside the draft's file.""",
    "sync": """\
  postrider sync
  postrider sync --account ada@acme.example --quick""",
    "render": """\
  postrider render draft.json mail.eml --from "Ada <ada@acme.example>"
  postrider render - - --date 2026-07-14T09:30:00+00:00 < draft.json > mail.eml""",
    "completion": """\
  postrider completion bash > ~/.local/share/bash-completion/completions/postrider
  postrider completion zsh > ~/.zfunc/_postrider
  postrider completion fish > ~/.config/fish/completions/postrider.fish""",
    "sandbox": """\
  postrider sandbox --auto-consent
  postrider --sandbox http://127.0.0.1:PORT accounts add --provider gmail""",
    "demo": "  postrider demo --out pictures",
    "doctor": "  postrider doctor --json",
}


def epilog(command: str) -> str:
    """Give what stands below the options of a command; the empty name is the program itself."""
    parts = [EXIT_CODES]
    if command in EXAMPLES:
        parts.insert(0, f"Examples:\n{EXAMPLES[command]}")
    if command in JSON:
        parts.append(f"With --json, each one is an object with\n{_fields(JSON[command])}")
    if not command:
        parts.append(_SURROUNDINGS)
    # argparse fills in percent signs.
    return "\n\n".join(parts).replace("%", "%%")


def _fields(names: str) -> str:
    lines = textwrap.wrap(", ".join(names.split()), 92)
    return "\n".join(f"  {line}" for line in lines)
