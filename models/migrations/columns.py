"""What the steps make columns of; nothing here ever changes, or old steps would."""

from sqlalchemy import JSON as PLAIN_JSON
from sqlalchemy import BigInteger, DateTime, Integer

BIG = BigInteger().with_variant(Integer, "sqlite")
JSON = PLAIN_JSON()
UTC = DateTime(timezone=True)
