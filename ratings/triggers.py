"""Rules of answers that need more than one row: SQL of migration 0007."""

from django.db.migrations.operations import RunSQL

# What of a rating is hashed. `place_id` names the chain: each rater's answers to a study.
HASHED = (
    "id", "place_id", "presentation_id", "item", "score", "not_sure", "reason", "comment", "client_id", "replaces_id",
    "change_reason", "answered_at", "saved_at",
)  # fmt: skip
TIMES = ("answered_at", "saved_at")
HOLD_PLACE = (
    "SELECT s.id FROM ratings_studyrater s JOIN ratings_presentation p"
    " ON p.study_id = s.study_id AND p.rater_id = s.rater_id WHERE p.id = NEW.presentation_id FOR NO KEY UPDATE OF s"
)


def following(table: str, *keys: str) -> RunSQL:
    """An answer replaces the current one of its item, or is the first. `keys` tell whose answers to what they are.

    The version before this one knows nothing of it: what it changes during an update is linked here.
    """
    same = " AND ".join(f"{key} = NEW.{key}" for key in (*keys, "item"))
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            current bigint := (SELECT id FROM {table} WHERE {same} ORDER BY id DESC LIMIT 1);
        BEGIN
            IF NEW.replaces_id IS NULL AND NEW.change_reason IS NULL THEN
                NEW.replaces_id := current;
            ELSIF NEW.replaces_id IS DISTINCT FROM current THEN
                RAISE EXCEPTION 'an answer replaces the current one of its item' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {table}_follows BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_follow();
        """,  # noqa: S608 - names of our own
        f"DROP TRIGGER {table}_follows ON {table}; DROP FUNCTION {table}_follow();",
    )


def linked(table: str, *keys: str) -> RunSQL:
    """The rows that are there: each replaces the one before it."""
    same = ", ".join((*keys, "item"))
    return RunSQL(
        f"""
        ALTER TABLE {table} DISABLE TRIGGER USER;
        UPDATE {table} SET replaces_id = earlier.before
            FROM (SELECT id, lag(id) OVER (PARTITION BY {same} ORDER BY id) AS before FROM {table}) earlier
            WHERE earlier.id = {table}.id AND earlier.before IS NOT NULL;
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
        ALTER TABLE {table} ENABLE TRIGGER USER;
        """,  # noqa: S608
        RunSQL.noop,
    )


SEAL_WHAT_IS_THERE = """
ALTER TABLE ratings_rating DISABLE TRIGGER USER;
UPDATE ratings_rating r SET place_id = s.id
    FROM ratings_presentation p JOIN ratings_studyrater s ON s.study_id = p.study_id AND s.rater_id = p.rater_id
    WHERE p.id = r.presentation_id;
DO $$
DECLARE
    one ratings_rating; place bigint := 0; n bigint; previous text;
BEGIN
    FOR one IN SELECT * FROM ratings_rating ORDER BY place_id, id LOOP
        IF one.place_id <> place THEN
            place := one.place_id; n := 0; previous := repeat('0', 64);
        END IF;
        n := n + 1;
        UPDATE ratings_rating SET position = n, previous_hash = previous, hash = ratings_rating_digest(one, n, previous)
            WHERE id = one.id RETURNING hash INTO previous;
    END LOOP;
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE ratings_rating ENABLE TRIGGER USER;
"""

# Named so that it comes after the seal, which holds the rater's place: a signature waits for that.
LOCK = """
CREATE FUNCTION ratings_rating_unlock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM ratings_presentation p JOIN ratings_study s ON s.id = p.study_id
        WHERE p.id = NEW.presentation_id AND s.state <> 'open'
    ) THEN
        RAISE EXCEPTION 'only an open study takes answers' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM ratings_presentation p JOIN ratings_sessionsignature s
            ON s.place_id = NEW.place_id AND s.session = p.session AND s.voided_at IS NULL
        WHERE p.id = NEW.presentation_id
    ) THEN
        RAISE EXCEPTION 'this session is signed: its answers are locked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ratings_rating_unlocked BEFORE INSERT ON ratings_rating
    FOR EACH ROW EXECUTE FUNCTION ratings_rating_unlock();
"""
UNLOCK = "DROP TRIGGER ratings_rating_unlocked ON ratings_rating; DROP FUNCTION ratings_rating_unlock();"

SIGNED = """
CREATE FUNCTION refuse_change_of_ratings_sessionsignature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL
       AND (NEW.id, NEW.place_id, NEW.session, NEW.name, NEW.meaning, NEW.second_factor, NEW.n_answers, NEW.sha256,
            NEW.signed_at)
           = (OLD.id, OLD.place_id, OLD.session, OLD.name, OLD.meaning, OLD.second_factor, OLD.n_answers, OLD.sha256,
              OLD.signed_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a signature is made void once, and never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ratings_sessionsignature_append_only BEFORE UPDATE OR DELETE ON ratings_sessionsignature
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ratings_sessionsignature();
"""
UNSIGNED = """
DROP TRIGGER ratings_sessionsignature_append_only ON ratings_sessionsignature;
DROP FUNCTION refuse_change_of_ratings_sessionsignature();
"""
