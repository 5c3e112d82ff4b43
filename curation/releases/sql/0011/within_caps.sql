-- Which stories a version takes that has caps: in this order, each where all that it counts for still has room.
-- - `p_slots` are the numbers (from 1) of what each story counts for, one story after the other; `p_ends` says where in
--   it each story ends. `p_rooms` is the most of each number.
-- - Returns one number for each story: 0, or the first that had no room.
CREATE OR REPLACE FUNCTION releases_within_caps(p_slots integer[], p_ends integer[], p_rooms integer[])
RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  room integer[] := p_rooms; slots integer[] := p_slots; ends integer[] := p_ends;
  found integer[] := array_fill(0, ARRAY[cardinality(p_ends)]); first integer := 1; full_one integer;
BEGIN
  FOR story IN 1 .. cardinality(p_ends) LOOP
    full_one := 0;
    FOR place IN first .. ends[story] LOOP
      IF room[slots[place]] = 0 THEN full_one := slots[place]; EXIT; END IF;
    END LOOP;
    IF full_one = 0 THEN
      FOR place IN first .. ends[story] LOOP room[slots[place]] := room[slots[place]] - 1; END LOOP;
    ELSE
      found[story] := full_one;
    END IF;
    first := ends[story] + 1;
  END LOOP;
  RETURN found;
END $$;
