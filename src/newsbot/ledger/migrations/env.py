"""What Alembic runs, within the transaction that the ledger began."""

from alembic import context

from newsbot.ledger import indices, schema

__all__ = ["indices"]  # imported so that the tables have them

context.configure(
    connection=context.config.attributes["connection"], target_metadata=schema.metadata, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
