-- Built without locking out those who write.
-- migrate:no-transaction
CREATE INDEX CONCURRENTLY orders_by_total ON orders (total);

-- migrate:down
DROP INDEX CONCURRENTLY orders_by_total;
