"""The records, one file per family; importing this package knows every table."""

from models.audit import Audit
from models.base import Base
from models.checklists import Checklist
from models.engine import UNSENT, Conversation, Due, Inbox, Note, Outbox, Series
from models.feedback import Feedback, FeedbackReply
from models.guards import REFUSED
from models.hazard_guards import protect, unprotect
from models.hazards import UNSOLVED, VOID, Hazard, HazardEvent, HazardSignature
from models.inspections import Inspection, InspectionItem, Signature
from models.media import MediaFile, mentions
from models.outreach import Outreach, OutreachMember
from models.people import Account, Invite, LinkCode, Person, StandIn
from models.places import Place
from models.rollup import RolledFigure, RolledOwn, RolledShare
from models.seals import Seal

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
    "Due",
    "Feedback",
    "FeedbackReply",
    "Hazard",
    "HazardEvent",
    "HazardSignature",
    "Inbox",
    "Inspection",
    "InspectionItem",
    "Invite",
    "LinkCode",
    "MediaFile",
    "Note",
    "Outbox",
    "Outreach",
    "OutreachMember",
    "Person",
    "Place",
    "RolledFigure",
    "RolledOwn",
    "RolledShare",
    "Seal",
    "Series",
    "Signature",
    "StandIn",
    "mentions",
    "protect",
    "unprotect",
]
