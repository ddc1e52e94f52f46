"""`verify`: proves that no submitted record was changed or removed, or names the first that was."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from bot.cli.console import Console, Problem, Verb
from handlers.kit.words import Text, _, n_, p_
from handlers.sealing_head import grouped
from handlers.sealing_proof import LEAST_OF_A_HEAD, Broken, Proof, What, prove
from models import Person

BROKEN: Final = 1

SORTS: Final[Mapping[str, Text]] = {
    "inspection": p_("sealed", "Inspection"),
    "signature": p_("sealed", "Signature under inspection"),
    "hazard": p_("sealed", "Hazard"),
    "hazard_event": p_("sealed", "Step of hazard"),
    "hazard_signature": p_("sealed", "Signature for the closing of hazard"),
    "handover": p_("sealed", "Hand-over"),
    "spot_check": p_("sealed", "Spot check"),
    "letter": p_("sealed", "Letter of responsibility"),
    "letter_copy": p_("sealed", "Signature under letter of responsibility"),
}
WRONG: Final[Mapping[What, Text]] = {
    "changed": _("was changed after it was sealed"),
    "removed": _("was removed after it was sealed"),
    "unsealed": _("has not been sealed for more than an hour"),
    "not current": _("is shown or hidden against what corrects it"),
    "differs": _("does not stand as its steps say"),
    "chain": _("stands where the chain itself was changed"),
}


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verb = verbs.add("verify", _("Prove that no record was changed or removed, or name the first"), verify)
    verb.takes("--head", metavar="HEX", about=_("A seal told earlier, or how it begins: is it in the chain?"))


async def verify(console: Console, given: argparse.Namespace) -> int:
    """Go through the whole chain and say what was found; 1 where anything is wrong."""
    told = _head(given.head) if given.head else ""
    async with console.database() as database, database.snapshot() as db:
        proof = await prove(db, console.now, told)
        samples = await db.scalar(select(Person.id).where(Person.sample).limit(1)) is not None
    if proof.broken is not None:
        console.say(_broken(proof.broken))
        console.say(
            n_("{count} record before it is proven.", "{count} records before it are proven.", proof.records)
        )
        return BROKEN
    _say(console, proof)
    if samples:
        console.say(_("Sample data is not part of it: it is never sealed."))
    if told and proof.told is None:
        console.say(
            _("The seal {head} is NOT in the chain: records were removed or made anew.", head=given.head)
        )
        return BROKEN
    if told:
        console.say(
            _("The seal {head} is in the chain, at record {place}.", head=given.head, place=proof.told)
        )
    return 0


def _say(console: Console, proof: Proof) -> None:
    console.say(n_("{count} record is proven.", "{count} records are proven.", proof.records))
    if proof.sealed_at is not None:
        console.say(
            _("The last was sealed {when}. Seal: {head}", when=proof.sealed_at, head=grouped(proof.head))
        )
        console.say(proof.head)
    if proof.erased:
        console.say(n_("Personal details erased: {count}", "Personal details erased: {count}", proof.erased))
    if proof.waiting:
        console.say(
            n_("{count} record will be sealed soon.", "{count} records will be sealed soon.", proof.waiting)
        )


def _broken(broken: Broken) -> Text:
    said = {"sort": SORTS.get(broken.kind, broken.kind), "name": broken.name, "what": WRONG[broken.what]}
    if broken.seq is None:
        return _("✗ {sort} {name} {what}.", **said)
    return _("✗ {sort} {name} {what} (place {place} in the chain).", **said, place=broken.seq)


def _head(typed: str) -> str:
    """A head as it was told, in any case, with or without dashes. Raises Problem."""
    head = re.sub(r"[\s-]", "", typed).casefold()
    if not re.fullmatch(rf"[0-9a-f]{{{LEAST_OF_A_HEAD},64}}", head):
        raise Problem(_("A seal is at least {count} of the signs 0 to 9 and a to f.", count=LEAST_OF_A_HEAD))
    return head
