"""What alembic runs: the steps, on the connection and in the transaction that `bot/migrate.py` holds."""

from alembic import context

from models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite can change a table only by making it anew
    transactional_ddl=True,  # also on SQLite, where alembic would not expect it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
