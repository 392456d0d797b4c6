// SPDX-License-Identifier: GPL-2.0-only
/* Those who are told of every link. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/watch.h>
#include <linux/module.h>
#include <linux/property.h>

#include "../ferry_kunit.h"
#include "fake.h"

#define STORM_LINKS	40

struct seen {
	struct ferry_watcher w;
	struct ferry_link *link[4];	/* that were added, and not removed */
	unsigned int nr;
	unsigned int added;
	unsigned int removed;
	atomic_t changed;
	bool watches;
	void (*on_removed)(struct seen *s, struct ferry_link *link);
	struct kunit *test;
	struct fake *other;
};

static void seen_added(struct ferry_watcher *w, struct ferry_link *link)
{
	struct seen *s = container_of(w, struct seen, w);

	might_sleep();
	s->added++;
	if (s->nr < ARRAY_SIZE(s->link))
		s->link[s->nr++] = link;
}

static void seen_changed(struct ferry_watcher *w, struct ferry_link *link)
{
	atomic_inc(&container_of(w, struct seen, w)->changed);
}

static void seen_removed(struct ferry_watcher *w, struct ferry_link *link)
{
	struct seen *s = container_of(w, struct seen, w);
	unsigned int i;

	might_sleep();
	s->removed++;
	for (i = 0; i < s->nr; i++)
		if (s->link[i] == link)
			s->link[i] = s->link[--s->nr];
	if (s->on_removed)
		s->on_removed(s, link);
}

static void seen_end(void *arg)
{
	struct seen *s = arg;

	if (s->watches)
		ferry_unwatch(&s->w);
	s->watches = false;
}

static struct seen *seen_watch(struct kunit *test)
{
	struct seen *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->w.added = seen_added;
	s->w.changed = seen_changed;
	s->w.removed = seen_removed;
	ferry_watch(&s->w);
	s->watches = true;
	ferry_defer(test, seen_end, s);
	return s;
}

static void links_that_come_and_go_are_told(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct seen *s = seen_watch(test);
	struct fake *g;

	KUNIT_EXPECT_EQ(test, s->added, 1);
	KUNIT_EXPECT_PTR_EQ(test, s->link[0], f->link);
	g = fake_create(test, 0, 1, FAKE_OFFLINE);
	KUNIT_EXPECT_EQ(test, s->added, 2);
	KUNIT_EXPECT_PTR_EQ(test, s->link[1], g->link);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, s->removed, 1);
	KUNIT_EXPECT_PTR_EQ(test, s->link[0], g->link);
	seen_end(s);
	KUNIT_EXPECT_EQ(test, s->removed, 2);
	KUNIT_EXPECT_EQ(test, s->nr, 0);
	fake_unregister(g);
	KUNIT_EXPECT_EQ(test, s->removed, 2);
}

static void changes_are_told(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE | FAKE_REMOTE);
	struct seen *s = seen_watch(test);

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_GE(test, atomic_xchg(&s->changed, 0), 1);
	fake_settle();
	atomic_set(&s->changed, 0);
	ferry_channel_announce(&f->channels[0]->ch, true);
	fake_settle();
	KUNIT_EXPECT_GE(test, atomic_xchg(&s->changed, 0), 1);
	ferry_link_crash(f->link, "test");
	fake_settle();
	KUNIT_EXPECT_GE(test, atomic_xchg(&s->changed, 0), 1);
	seen_end(s);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&s->changed), 0);
}

/* Whoever is told that a link goes finds no sender in it. */
static void removed_comes_after_senders_were_woken(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct seen *s = seen_watch(test);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *sender = fake_sender(test, c, 1, 8, 10000);

	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(sender->task));
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, s->removed, 1);
	KUNIT_EXPECT_EQ(test, fake_join(sender->task), -ENODEV);
}

static void unregister_other(struct seen *s, struct ferry_link *link)
{
	struct fake *other = s->other;

	if (!other || other->link == link)
		return;
	s->other = NULL;
	fake_unregister(other);
}

/* As a driver does in its remove() whose link is on the one that goes. */
static void a_watcher_may_unregister_another_link(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct fake *f[2] = {
			fake_create(test, 0, 1, FAKE_OFFLINE),
			fake_create(test, 0, 1, FAKE_OFFLINE),
		};
		struct seen *s = seen_watch(test);

		/* One that was told already, or will be; of one link, or of all. */
		s->on_removed = unregister_other;
		s->other = f[i & 1];
		if (i & 2)
			fake_unregister(f[!(i & 1)]);
		seen_end(s);
		KUNIT_EXPECT_EQ(test, s->added, 2);
		KUNIT_EXPECT_EQ(test, s->removed, 2);
		KUNIT_EXPECT_EQ(test, s->nr, 0);
		if (!(i & 2))
			fake_unregister(f[!(i & 1)]);
		KUNIT_EXPECT_EQ(test, s->removed, 2);
	}
}

static void register_other(struct seen *s, struct ferry_link *link)
{
	s->on_removed = NULL;
	s->other = fake_create(s->test, 0, 1, FAKE_OFFLINE);
}

static void a_watcher_may_register_another_link(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct seen *s = seen_watch(test);

	s->on_removed = register_other;
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, s->added, 2);
	KUNIT_EXPECT_EQ(test, s->removed, 1);
	KUNIT_EXPECT_PTR_EQ(test, s->link[0], s->other->link);
	/* Who is told no more is not told of one that appears meanwhile, nor that it goes. */
	f = s->other;
	s->on_removed = register_other;
	seen_end(s);
	KUNIT_EXPECT_EQ(test, s->added, 2);
	KUNIT_EXPECT_EQ(test, s->removed, 2);
	fake_unregister(s->other);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, s->removed, 2);
}

static void look_for_it(struct seen *s, struct ferry_link *link)
{
	struct ferry_link *found = ferry_link_get(ferry_link_name(link));

	KUNIT_EXPECT_PTR_EQ(s->test, found, (struct ferry_link *)NULL);
	ferry_link_put(found);
}

static void a_link_that_goes_is_not_found(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct seen *s = seen_watch(test);

	s->on_removed = look_for_it;
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, s->removed, 1);
}

static void take_long(struct seen *s, struct ferry_link *link)
{
	msleep(200);
	WRITE_ONCE(s->on_removed, NULL);
}

static int unwatch_task(void *arg)
{
	seen_end(arg);
	return 0;
}

/* Whoever of the two goes first, the other one waits for the call that tells so. */
static void a_link_outlives_what_is_told_of_it(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct seen *s = seen_watch(test);
	struct fake_task *t;

	s->on_removed = take_long;
	t = fake_run(test, unwatch_task, s);
	while (!READ_ONCE(s->removed))
		msleep(1);
	fake_unregister(f);
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(s->on_removed), NULL);
	fake_join(t);
	KUNIT_EXPECT_EQ(test, s->removed, 1);
}

static int unregister_task(void *arg)
{
	fake_unregister(arg);
	return 0;
}

static void a_watcher_outlives_what_it_is_told(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct seen *s = seen_watch(test);
	struct fake_task *t;

	s->on_removed = take_long;
	t = fake_run(test, unregister_task, f);
	while (!READ_ONCE(s->removed))
		msleep(1);
	seen_end(s);
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(s->on_removed), NULL);
	fake_join(t);
	KUNIT_EXPECT_EQ(test, s->removed, 1);
}

static void yield_a_bit(struct seen *s, struct ferry_link *link)
{
	usleep_range(10, 200);
}

struct watch_storm {
	struct seen seen;
	unsigned int wrong;
	bool stop;
};

static int watch_and_unwatch(void *arg)
{
	struct watch_storm *storm = arg;
	struct seen *s = &storm->seen;

	while (!READ_ONCE(storm->stop)) {
		memset(s, 0, sizeof(*s));
		s->w.added = seen_added;
		s->w.changed = seen_changed;
		s->w.removed = seen_removed;
		s->on_removed = yield_a_bit;
		ferry_watch(&s->w);
		usleep_range(10, 300);
		ferry_unwatch(&s->w);
		if (s->added != s->removed || s->nr)
			storm->wrong++;
	}
	return 0;
}

/* Whoever was told of a link is told once that it goes. */
static void links_and_watchers_come_and_go(struct kunit *test)
{
	struct watch_storm *storm = kunit_kcalloc(test, 2, sizeof(*storm), GFP_KERNEL);
	struct fake_task *t[2];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, storm);
	for (i = 0; i < 2; i++)
		t[i] = fake_run(test, watch_and_unwatch, &storm[i]);
	for (i = 0; i < STORM_LINKS; i++) {
		struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);

		usleep_range(10, 300);
		fake_unregister(f);
	}
	for (i = 0; i < 2; i++) {
		WRITE_ONCE(storm[i].stop, true);
		fake_join(t[i]);
		KUNIT_EXPECT_EQ(test, storm[i].wrong, 0);
	}
}

static void only_what_is_offered_is_listed(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 3, FAKE_REMOTE);
	struct ferry_channel_info info[3];
	struct fwnode_handle *node;
	u32 offer;

	node = fwnode_create_software_node(NULL, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(node));
	f->channels[2]->ch.fwnode = node;
	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 3), 0);
	ferry_channel_announce(&f->channels[2]->ch, true);
	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 3), 1);
	KUNIT_EXPECT_STREQ(test, info[0].name, "fake2");
	KUNIT_EXPECT_EQ(test, info[0].number, 2);
	KUNIT_EXPECT_EQ(test, info[0].mtu, FAKE_MTU);
	KUNIT_EXPECT_PTR_EQ(test, info[0].fwnode, node);
	fwnode_handle_put(info[0].fwnode);
	offer = info[0].offer;
	KUNIT_EXPECT_NE(test, offer, 0);
	ferry_channel_announce(&f->channels[0]->ch, true);
	ferry_channel_announce(&f->channels[2]->ch, true);
	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 1), 2);
	KUNIT_EXPECT_STREQ(test, info[0].name, "fake0");
	KUNIT_EXPECT_PTR_EQ(test, info[0].fwnode, NULL);
	ferry_channel_announce(&f->channels[0]->ch, false);
	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 3), 1);
	KUNIT_EXPECT_NE_MSG(test, info[0].offer, offer, "offered anew");
	fwnode_handle_put(info[0].fwnode);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 3), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 3), 0);
	f->channels[2]->ch.fwnode = NULL;
	fwnode_remove_software_node(node);
}

static void others_are_there_without_an_offer(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct ferry_channel_info info[2];

	KUNIT_EXPECT_EQ(test, ferry_link_channels(f->link, info, 2), 0);
}

static struct kunit_case watch_cases[] = {
	KUNIT_CASE(links_that_come_and_go_are_told),
	KUNIT_CASE(changes_are_told),
	KUNIT_CASE(removed_comes_after_senders_were_woken),
	KUNIT_CASE(a_watcher_may_unregister_another_link),
	KUNIT_CASE(a_watcher_may_register_another_link),
	KUNIT_CASE(a_link_that_goes_is_not_found),
	KUNIT_CASE(a_link_outlives_what_is_told_of_it),
	KUNIT_CASE(a_watcher_outlives_what_it_is_told),
	KUNIT_CASE(links_and_watchers_come_and_go),
	KUNIT_CASE(only_what_is_offered_is_listed),
	KUNIT_CASE(others_are_there_without_an_offer),
	{}
};

static struct kunit_suite watch_suite = {
	.name = "ferry_watch",
	.test_cases = watch_cases,
};

kunit_test_suite(watch_suite);

MODULE_DESCRIPTION("Ferry: tests of those who watch links");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
