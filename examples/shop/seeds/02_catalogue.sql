INSERT INTO products (id, sku, name, price_cents) VALUES
    (1, 'MUG-BLUE', 'Blue mug', 1290),
    (2, 'MUG-RED', 'Red mug', 1290),
    (3, 'TEA-GREEN', 'Green tea', 690),
    (4, 'TEA-BLACK', 'Black tea', 590),
    (5, 'POT-IRON', 'Iron teapot', 5490),
    (6, 'SPOON', 'Spoon, 100% silver', 3900),
    (7, 'TRAY', 'Oak tray', 2450),
    (8, 'CUP-GLASS', 'Glass cup', 850);

INSERT INTO stock (product_id, quantity) VALUES
    (1, 20), (2, 15), (3, 100), (4, 80), (5, 3), (6, 1), (7, 10), (8, 0);

SELECT setval(pg_get_serial_sequence('products', 'id'), max(id)) FROM products;
