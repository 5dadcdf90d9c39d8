CREATE TABLE visit (who text NOT NULL, number int NOT NULL);
