-- What each country brought in by day, with and without tax, and what it was until then.
with daily as (
  select ordered, c.name as country, sum(items * price) as net, sum(items * price * (1 + vat)) as gross
  from batch join countries c on c.code = batch.country
  group by ordered, c.name
)
select *, sum(net) over (partition by country order by ordered) as net_so_far
from daily
