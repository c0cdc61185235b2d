#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: a database with an owner who is no superuser, so that row-level
# security holds for the service.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$KEYTURN_DATABASE_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE keyturn LOGIN PASSWORD :'password';
CREATE DATABASE keyturn OWNER keyturn;
SQL
