INSERT INTO users (id, email, name) VALUES
    (1, 'ada@example.org', 'Ada Lovelace'),
    (2, 'grace@example.org', 'Grace Hopper'),
    (3, 'edsger@example.org', 'Edsger Dijkstra');

-- An explicit id does not move the sequence.
SELECT setval(pg_get_serial_sequence('users', 'id'), max(id)) FROM users;
