"""The script that Alembic runs for a migration, in the transaction that the ledger began."""

from alembic import context

from newsbot.ledger import indices, schema

__all__ = ["indices"]  # The import of `indices` is needed because it adds the indices to the ledger's tables.

context.configure(
    connection=context.config.attributes["connection"], target_metadata=schema.metadata, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
