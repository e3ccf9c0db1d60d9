#!/bin/sh
# Run once by PostgreSQL's image, in an empty database folder: the owner, who may change the schema, and the app role,
# which may only read and write rows; the key role, which alone reads the key of blinded studies. The same as
# platform/config/embedded.py does (a test compares them).
set -eu
psql --set ON_ERROR_STOP=1 --username postgres \
    --set owner_password="$(cat /run/secrets/owner_password)" --set app_password="$(cat /run/secrets/app_password)" \
    --set key_password="$(cat /run/secrets/key_password)" <<'SQL'
CREATE ROLE semblance_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE semblance_app LOGIN PASSWORD :'app_password';
CREATE ROLE semblance_key LOGIN PASSWORD :'key_password';
CREATE DATABASE semblance OWNER semblance_owner;
\connect semblance
REVOKE ALL ON DATABASE semblance FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE semblance TO semblance_app, semblance_key;
GRANT USAGE ON SCHEMA public TO semblance_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO semblance_app;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO semblance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE semblance_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO semblance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE semblance_owner IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO semblance_app;
CREATE SCHEMA IF NOT EXISTS sealed AUTHORIZATION semblance_owner;
GRANT USAGE ON SCHEMA sealed TO semblance_app, semblance_key;
GRANT INSERT ON ALL TABLES IN SCHEMA sealed TO semblance_app;
GRANT SELECT ON ALL TABLES IN SCHEMA sealed TO semblance_key;
ALTER DEFAULT PRIVILEGES FOR ROLE semblance_owner IN SCHEMA sealed GRANT INSERT ON TABLES TO semblance_app;
ALTER DEFAULT PRIVILEGES FOR ROLE semblance_owner IN SCHEMA sealed GRANT SELECT ON TABLES TO semblance_key;
SQL
