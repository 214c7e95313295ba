"""Alembic's entry: runs on the connection that checkin.storage.migration hands over."""

from alembic import context

from checkin.storage.all_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
