"""The records, one file per family; importing this package knows every table."""

from models.audit import Audit
from models.base import Base
from models.checklists import Checklist
from models.engine import UNSENT, Conversation, Due, Inbox, Note, Outbox, Series
from models.feedback import Feedback, FeedbackReply
from models.inspections import Hazard, Inspection, InspectionItem, Signature
from models.media import MediaFile, mentions
from models.outreach import Outreach, OutreachMember
from models.people import Account, Invite, LinkCode, Person, StandIn
from models.places import Place
from models.rollup import RolledFigure, RolledOwn, RolledShare
from models.rounds import OpeningDay, Round, RoundPlan
from models.shifts import Handover, Shift, SpotCheck

__all__ = [
    "UNSENT",
    "Account",
    "Audit",
    "Base",
    "Checklist",
    "Conversation",
    "Due",
    "Feedback",
    "FeedbackReply",
    "Handover",
    "Hazard",
    "Inbox",
    "Inspection",
    "InspectionItem",
    "Invite",
    "LinkCode",
    "MediaFile",
    "Note",
    "OpeningDay",
    "Outbox",
    "Outreach",
    "OutreachMember",
    "Person",
    "Place",
    "RolledFigure",
    "RolledOwn",
    "RolledShare",
    "Round",
    "RoundPlan",
    "Series",
    "Shift",
    "Signature",
    "SpotCheck",
    "StandIn",
    "mentions",
]
