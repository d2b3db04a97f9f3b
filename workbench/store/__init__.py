"""PostgreSQL: connections, schema, and one module per noun that is kept there."""
