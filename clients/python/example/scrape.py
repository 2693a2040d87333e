"""Reads a list of products from a shop and pushes their prices: everything of the shop, each time it runs.

Run by cron, in a container, or by hand. What is no longer in the list is removed from the table, and stays in its history.
"""

import json
import os
import sys
import urllib.request

from millrace_ingest import Client, PushError

SHOP = os.environ.get("SHOP_URL", "https://dummyjson.com/products?limit=0&select=title,price,stock")


def products(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)["products"]


def main():
    with Client(os.environ["MILLRACE_URL"], token=os.environ["MILLRACE_TOKEN"]) as client:
        with client.reading("prices", scope={"shop": "dummyjson"}) as reading:
            for each in products(SHOP):
                reading.write(
                    {
                        "shop": "dummyjson",
                        "sku": str(each["id"]),
                        "title": each["title"],
                        "price": str(each["price"]),
                        "stock": each["stock"],
                    }
                )
    print(f"{reading.accepted} prices landed, {reading.rejected} were refused")
    for rejection in reading.rejections[:5]:
        print(f"  row {rejection.row}: {rejection.message}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except PushError as error:
        sys.exit(f"Nothing more was pushed: {error}")
