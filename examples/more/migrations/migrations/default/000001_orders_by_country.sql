CREATE VIEW orders_by_country AS
  SELECT country, count(*) AS orders, sum(total) AS total FROM orders GROUP BY country;

-- migrate:down
DROP VIEW orders_by_country;
