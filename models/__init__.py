"""The records, one file per family; importing this package knows every table."""

from models.audit import Audit
from models.base import Base
from models.checklists import Checklist
from models.duty import DigestChoice, Letter, LetterCopy, PlaceDuty
from models.engine import UNSENT, Conversation, Due, Inbox, Note, Outbox, Series
from models.feedback import Feedback, FeedbackReply
from models.guards import REFUSED
from models.hazard_guards import protect, unprotect
from models.hazard_links import HazardLink
from models.hazards import UNSOLVED, VOID, Hazard, HazardEvent, HazardSignature
from models.inspections import Inspection, InspectionItem, Signature
from models.media import MediaFile, mentions
from models.outreach import Outreach, OutreachMember
from models.people import Account, Invite, LinkCode, Person, StandIn
from models.places import Place
from models.rollup import RolledFigure, RolledOwn, RolledShare
from models.rounds import OpeningDay, Round, RoundPlan
from models.seals import Seal
from models.shifts import Handover, Shift, SpotCheck

__all__ = [
    "REFUSED",
    "UNSENT",
    "UNSOLVED",
    "VOID",
    "Account",
    "Audit",
    "Base",
    "Checklist",
    "Conversation",
    "DigestChoice",
    "Due",
    "Feedback",
    "FeedbackReply",
    "Handover",
    "Hazard",
    "HazardEvent",
    "HazardLink",
    "HazardSignature",
    "Inbox",
    "Inspection",
    "InspectionItem",
    "Invite",
    "Letter",
    "LetterCopy",
    "LinkCode",
    "MediaFile",
    "Note",
    "OpeningDay",
    "Outbox",
    "Outreach",
    "OutreachMember",
    "Person",
    "Place",
    "PlaceDuty",
    "RolledFigure",
    "RolledOwn",
    "RolledShare",
    "Round",
    "RoundPlan",
    "Seal",
    "Series",
    "Shift",
    "Signature",
    "SpotCheck",
    "StandIn",
    "mentions",
    "protect",
    "unprotect",
]
