INSERT INTO orders (id, user_id, status, shipping_cents, total_cents, placed_at, paid_at) VALUES
    (1, 1, 'paid', 490, 3760, '2026-03-02 10:00+00', '2026-03-02 10:05+00'),
    (2, 1, 'placed', 0, 5490, '2026-03-09 18:30+00', NULL),
    (3, 2, 'cancelled', 490, 1340, '2026-03-11 08:15+00', NULL),
    (4, 2, 'refunded', 490, 2940, '2026-03-12 12:00+00', '2026-03-12 12:01+00');

INSERT INTO order_lines (order_id, product_id, quantity, unit_price_cents) VALUES
    (1, 1, 1, 1290), (1, 3, 1, 690), (1, 2, 1, 1290),
    (2, 5, 1, 5490),
    (3, 8, 1, 850),
    (4, 7, 1, 2450);

INSERT INTO refunds (id, order_id, amount_cents, reason) VALUES
    (1, 4, 2940, 'The tray arrived broken');

SELECT setval(pg_get_serial_sequence('orders', 'id'), max(id)) FROM orders;
SELECT setval(pg_get_serial_sequence('refunds', 'id'), max(id)) FROM refunds;
