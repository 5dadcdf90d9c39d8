INSERT INTO account (name) VALUES ('cash'), ('bank');
INSERT INTO entry (account, cents) SELECT id, 100 FROM account;
