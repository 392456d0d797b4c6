// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver on the rpmsg bus. See client.h.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "client.h"

static struct client *client_of(struct rpmsg_device *rpdev)
{
	struct rpmsg_driver *drv = container_of(rpdev->dev.driver, struct rpmsg_driver, drv);

	return container_of(drv, struct client, drv);
}

static int client_rx(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct client *c = client_of(rpdev);
	__le32 word = 0;

	memcpy(&word, data, min_t(size_t, len, sizeof(word)));
	c->offers++;
	c->early += !READ_ONCE(c->bound);
	if (READ_ONCE(c->answer))
		return c->answer;
	if (c->on_rx)
		c->on_rx(c, rpdev, le32_to_cpu(word));
	c->seq[c->nr % CLIENT_LOG] = le32_to_cpu(word);
	WRITE_ONCE(c->nr, c->nr + 1);
	return 0;
}

static int client_probe(struct rpmsg_device *rpdev)
{
	struct client *c = client_of(rpdev);

	c->rpdev = rpdev;
	if (c->on_probe)
		c->on_probe(c, rpdev);
	WRITE_ONCE(c->bound, !c->probe_ret);
	WRITE_ONCE(c->probes, c->probes + 1);
	return c->probe_ret;
}

static void client_remove(struct rpmsg_device *rpdev)
{
	struct client *c = client_of(rpdev);

	if (c->on_remove)
		c->on_remove(c, rpdev);
	WRITE_ONCE(c->bound, false);
	if (c->rpdev == rpdev)
		c->rpdev = NULL;
	WRITE_ONCE(c->removes, c->removes + 1);
}

void client_unregister(struct client *c)
{
	if (c->registered)
		unregister_rpmsg_driver(&c->drv);
	c->registered = false;
}

FERRY_EXPORT_TEST(client_unregister);

static void client_free(void *arg)
{
	struct client *c = arg;

	client_unregister(c);
	kfree(c->drv.drv.name);
	kfree(c);
}

/* Not on the bus yet: for what the test sets before. */
struct client *client_prepare(struct kunit *test, const char *name)
{
	struct client *c = kzalloc(sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	ferry_defer(test, client_free, c);
	c->drv.drv.name = kasprintf(GFP_KERNEL, "test-%s", name);
	KUNIT_ASSERT_NOT_NULL(test, c->drv.drv.name);
	strscpy(c->ids[0].name, name, sizeof(c->ids[0].name));
	c->drv.id_table = c->ids;
	c->drv.callback = client_rx;
	c->drv.probe = client_probe;
	c->drv.remove = client_remove;
	return c;
}

FERRY_EXPORT_TEST(client_prepare);

void client_start(struct kunit *test, struct client *c)
{
	KUNIT_ASSERT_EQ(test, register_rpmsg_driver(&c->drv), 0);
	c->registered = true;
}

FERRY_EXPORT_TEST(client_start);

struct client *client_register(struct kunit *test, const char *name)
{
	struct client *c = client_prepare(test, name);

	client_start(test, c);
	return c;
}

FERRY_EXPORT_TEST(client_register);

struct client *client_register_bare(struct kunit *test, const char *name)
{
	struct client *c = client_prepare(test, name);

	c->drv.callback = NULL;
	client_start(test, c);
	return c;
}

FERRY_EXPORT_TEST(client_register_bare);

void fake_offer(struct fake *f, u32 number, bool on)
{
	ferry_channel_announce(&f->channels[number]->ch, on);
}

FERRY_EXPORT_TEST(fake_offer);

struct device *client_find(struct fake *f, const char *name)
{
	char full[96];

	snprintf(full, sizeof(full), "%s.%s", ferry_link_name(f->link), name);
	return device_find_child_by_name(ferry_link_dev(f->link), full);
}

FERRY_EXPORT_TEST(client_find);

int client_send(struct rpmsg_endpoint *ept, u32 seq)
{
	__le32 word = cpu_to_le32(seq);

	return rpmsg_send(ept, &word, sizeof(word));
}

FERRY_EXPORT_TEST(client_send);

int client_trysend(struct rpmsg_endpoint *ept, u32 seq)
{
	__le32 word = cpu_to_le32(seq);

	return rpmsg_trysend(ept, &word, sizeof(word));
}

FERRY_EXPORT_TEST(client_trysend);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: a driver on the rpmsg bus for tests");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
