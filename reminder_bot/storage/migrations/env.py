"""The script that Alembic runs. It gets an open transaction and runs the migrations in it."""

from alembic import context

from reminder_bot.storage.tables import Instant, metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
    user_module_prefix="",
    render_item=lambda kind, value, _: (
        "Instant()" if kind == "type" and isinstance(value, Instant) else False
    ),
)
context.run_migrations()
