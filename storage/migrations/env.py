"""Runs the migrations on the connection that :meth:`storage.database.Database.migrate` opened, in its transaction."""

from alembic import context

from storage.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
