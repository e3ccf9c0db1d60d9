"""The SQL that chains the log: applied by migration 0002, and the same bytes as `audit.chain.digest`.

A row is sealed by a deferred trigger, when its transaction commits: only there does its place in the chain stand fast,
and the lock that makes transactions queue for a place is held for the shortest time. (Taken at the insert, it would be
held to the end of long transactions, and two that took it and a row lock in different order would block each other.)
The advisory lock is let go after the commit is visible; each statement of a volatile function sees what was committed
before it, so the next transaction finds this one's row as the head.
"""

DIGEST = """
CREATE FUNCTION audit_netstring(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length(convert_to(coalesce(value, ''), 'UTF8')) || ':' || coalesce(value, '') || ','
$$;
CREATE FUNCTION audit_digest(event audit_event, place bigint, previous text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(
        audit_netstring(place::text) || audit_netstring(previous) || audit_netstring(event.id::text)
        || audit_netstring(to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        || audit_netstring(event.actor_id::text) || audit_netstring(event.verb) || audit_netstring(event.target_type)
        || audit_netstring(event.target_id) || audit_netstring(event.note), 'UTF8')), 'hex')
$$;
"""

# The trigger of migration 0001 stays; what it calls lets a row be sealed once and nothing else be changed.
GUARD = """
CREATE OR REPLACE FUNCTION refuse_change_of_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.hash IS NULL AND NEW.hash = audit_digest(OLD, NEW.position, NEW.previous_hash)
       AND (NEW.id, NEW.at, NEW.verb, NEW.target_type, NEW.target_id, NEW.note)
           = (OLD.id, OLD.at, OLD.verb, OLD.target_type, OLD.target_id, OLD.note)
       AND NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of audit_event are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION audit_arrives_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.position := NULL; NEW.previous_hash := NULL; NEW.hash := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_event_unsealed BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_arrives_unsealed();
"""

SEAL = """
CREATE FUNCTION audit_seal(event audit_event) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place bigint; previous text;
BEGIN
    PERFORM pg_advisory_xact_lock(52022026);
    SELECT position, hash INTO place, previous FROM audit_event
        WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1;
    place := coalesce(place, 0) + 1;
    previous := coalesce(previous, repeat('0', 64));
    UPDATE audit_event SET position = place, previous_hash = previous, hash = audit_digest(event, place, previous)
        WHERE id = event.id;
END $$;
CREATE FUNCTION audit_seal_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit_seal(NEW);
    RETURN NULL;
END $$;
"""

SEAL_WHAT_IS_THERE = """
DO $$
DECLARE
    event audit_event;
BEGIN
    FOR event IN SELECT * FROM audit_event WHERE position IS NULL ORDER BY id LOOP
        PERFORM audit_seal(event);
    END LOOP;
END $$;
"""

TRIGGER = """
CREATE CONSTRAINT TRIGGER audit_event_seal AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_seal_at_commit();
"""

FORWARD = DIGEST + GUARD + SEAL + SEAL_WHAT_IS_THERE + TRIGGER

BACKWARD = """
DROP TRIGGER audit_event_seal ON audit_event;
DROP TRIGGER audit_event_unsealed ON audit_event;
DROP FUNCTION audit_seal_at_commit();
DROP FUNCTION audit_seal(audit_event);
DROP FUNCTION audit_arrives_unsealed();
CREATE OR REPLACE FUNCTION refuse_change_of_audit_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of audit_event are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
DROP FUNCTION audit_digest(audit_event, bigint, text);
DROP FUNCTION audit_netstring(text);
"""
