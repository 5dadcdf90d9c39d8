CREATE TABLE boat (name text PRIMARY KEY, metres int NOT NULL); INSERT INTO boat VALUES ('Ida', 9);
