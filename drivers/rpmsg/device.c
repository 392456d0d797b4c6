// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices on the rpmsg bus: one for each channel that a remote offers, one rpmsg_ctrl for
 * each link that runs, and those that programs and drivers ask for.
 *
 * Whoever registers a device runs its driver's probe(), and whoever takes it away its
 * remove(). Both call back into here, and wait for others who do: an ioctl of rpmsg_ctrl
 * makes devices under a mutex that its remove() takes. So no lock is held, no work is
 * waited for, and who makes a device looks afterwards whether it is still wanted.
 */
#include <linux/property.h>
#include <linux/slab.h>

#include "rpmsg.h"

/* A device to be made or taken away by work, since a callback may not. */
struct ferry_rpmsg_request {
	struct list_head node;
	struct rpmsg_channel_info chinfo;
	bool create;
};

static struct ferry_rpmsg_device *rpdev_of(struct rpmsg_device *rpdev)
{
	return container_of(rpdev, struct ferry_rpmsg_device, rpdev);
}

static void rpdev_free(struct kref *ref)
{
	struct ferry_rpmsg_device *d = container_of(ref, struct ferry_rpmsg_device, ref);

	fwnode_handle_put(d->channel.fwnode);
	kref_put(&d->fr->ref, ferry_rpmsg_free);
	kfree(d);
}

static void rpdev_release(struct device *dev)
{
	struct rpmsg_device *rpdev = container_of(dev, struct rpmsg_device, dev);

	ferry_rpmsg_free_override(rpdev);
	kref_put(&rpdev_of(rpdev)->ref, rpdev_free);
	ferry_rpmsg_device_gone();
}

/* Does a request for @chinfo mean the device that was made for @made? */
static bool chinfo_matches(const struct rpmsg_channel_info *made,
			   const struct rpmsg_channel_info *chinfo)
{
	return (chinfo->src == RPMSG_ADDR_ANY || chinfo->src == made->src) &&
	       (chinfo->dst == RPMSG_ADDR_ANY || chinfo->dst == made->dst) &&
	       !strncmp(chinfo->name, made->name, RPMSG_NAME_SIZE);
}

/* Is this the channel that the device stands for? */
static bool rpdev_is_own(const struct ferry_rpmsg_device *d,
			 const struct rpmsg_channel_info *chinfo)
{
	if (d->kind == FERRY_RPMSG_CTRL || strncmp(chinfo->name, d->rpdev.id.name, RPMSG_NAME_SIZE))
		return false;
	return (chinfo->dst == RPMSG_ADDR_ANY || chinfo->dst == d->rpdev.dst) &&
	       (chinfo->src == RPMSG_ADDR_ANY || chinfo->src == d->rpdev.src);
}

static struct rpmsg_endpoint *rpdev_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb,
					       void *priv, struct rpmsg_channel_info chinfo)
{
	struct ferry_rpmsg_device *d = rpdev_of(rpdev);

	chinfo.name[RPMSG_NAME_SIZE - 1] = '\0';
	return ferry_rpmsg_create_ept(d, rpdev_is_own(d, &chinfo) ? NULL : &chinfo, cb, priv);
}

/* The driver is bound, and has an endpoint of its own. */
static int rpdev_announce_create(struct rpmsg_device *rpdev)
{
	ferry_rpmsg_ept_probed(rpdev->ept);
	return 0;
}

static int rpdev_announce_destroy(struct rpmsg_device *rpdev)
{
	ferry_rpmsg_ept_removing(rpdev->ept);
	return 0;
}

static struct rpmsg_device *rpdev_create_channel(struct rpmsg_device *rpdev,
						 struct rpmsg_channel_info *chinfo);
static int rpdev_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);

static const struct ferry_rpmsg_device_ops rpdev_ops = {
	.ops = {
		.create_channel = rpdev_create_channel,
		.release_channel = rpdev_release_channel,
		.create_ept = rpdev_create_ept,
		.announce_create = rpdev_announce_create,
		.announce_destroy = rpdev_announce_destroy,
	},
};

/* With one reference, the caller's. */
static struct ferry_rpmsg_device *rpdev_alloc(struct ferry_rpmsg *fr, enum ferry_rpmsg_kind kind,
					      const struct rpmsg_channel_info *chinfo)
{
	struct ferry_rpmsg_device *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return NULL;
	kref_init(&d->ref);
	kref_get(&fr->ref);
	d->fr = fr;
	d->kind = kind;
	d->chinfo = *chinfo;
	strscpy(d->rpdev.id.name, chinfo->name, RPMSG_NAME_SIZE);
	d->rpdev.src = chinfo->src;
	d->rpdev.dst = chinfo->dst;
	d->rpdev.little_endian = true;
	d->rpdev.ops = &rpdev_ops.ops;
	d->rpdev.dev.parent = ferry_link_dev(fr->link);
	d->rpdev.dev.release = rpdev_release;
	return d;
}

/* Under fr->lock. */
static struct ferry_rpmsg_device *rpdev_find(struct ferry_rpmsg *fr,
					     const struct rpmsg_channel_info *chinfo)
{
	struct ferry_rpmsg_device *d;

	list_for_each_entry(d, &fr->devices, node)
		if (chinfo->src == d->chinfo.src && chinfo->dst == d->chinfo.dst &&
		    !strncmp(chinfo->name, d->chinfo.name, RPMSG_NAME_SIZE))
			return d;
	return NULL;
}

/* Enters the list, from which it can be taken once it is registered. */
static int rpdev_enter(struct ferry_rpmsg_device *d)
{
	struct ferry_rpmsg *fr = d->fr;

	guard(spinlock)(&fr->lock);
	if (!fr->up)
		return -EPIPE;
	if (rpdev_find(fr, &d->chinfo))
		return -EEXIST;
	if (d->kind == FERRY_RPMSG_CREATED && fr->nr_created >= FERRY_RPMSG_MAX_CREATED)
		return -ENOSPC;
	fr->nr_created += d->kind == FERRY_RPMSG_CREATED;
	list_add_tail(&d->node, &fr->devices);
	return 0;
}

/* Under fr->lock. */
static void rpdev_leave(struct ferry_rpmsg_device *d)
{
	list_del(&d->node);
	d->fr->nr_created -= d->kind == FERRY_RPMSG_CREATED;
}

/* Registers it; takes over the caller's reference. No lock: probe() runs in here. */
static int rpdev_add(struct ferry_rpmsg_device *d)
{
	struct ferry_rpmsg *fr = d->fr;
	bool gone;
	int ret;

	ret = rpdev_enter(d);
	if (ret)
		goto put;
	if (d->channel.fwnode)
		device_set_node(&d->rpdev.dev, d->channel.fwnode);
	kref_get(&d->ref);	/* put by its release(), also when registering fails */
	ferry_rpmsg_device_born();
	if (d->kind == FERRY_RPMSG_CTRL)
		ret = rpmsg_register_device_override(&d->rpdev, "rpmsg_ctrl");
	else
		ret = rpmsg_register_device(&d->rpdev);
	spin_lock(&fr->lock);
	d->registered = !ret;
	gone = ret || d->dead;
	if (gone)
		rpdev_leave(d);
	spin_unlock(&fr->lock);
	if (!gone)
		return 0;
	if (!ret)
		device_unregister(&d->rpdev.dev);
	ret = ret ?: -EPIPE;
put:
	kref_put(&d->ref, rpdev_free);
	return ret;
}

/* After it left the list. No lock: remove() runs in here. */
static void rpdev_del(struct ferry_rpmsg_device *d)
{
	device_unregister(&d->rpdev.dev);
	kref_put(&d->ref, rpdev_free);
}

/* Process context. Is it one of those that are to go? */
static bool rpdev_stays(const struct ferry_rpmsg_device *d, const struct ferry_channel_info *info,
			unsigned int n)
{
	unsigned int i;

	if (d->kind != FERRY_RPMSG_OFFERED)
		return true;
	for (i = 0; i < n; i++)
		if (d->channel.offer == info[i].offer && d->channel.number == info[i].number &&
		    !strcmp(d->channel.name, info[i].name))
			return true;
	return false;
}

/* The next device to be taken away: all, or those of channels that are not in @info. */
static struct ferry_rpmsg_device *rpdev_take(struct ferry_rpmsg *fr, bool all,
					     const struct ferry_channel_info *info, unsigned int n)
{
	struct ferry_rpmsg_device *d;

	guard(spinlock)(&fr->lock);
	list_for_each_entry(d, &fr->devices, node) {
		if (!all && rpdev_stays(d, info, n))
			continue;
		d->dead = true;
		if (!d->registered)
			continue;
		rpdev_leave(d);
		return d;
	}
	return NULL;
}

static void requests_forget(struct ferry_rpmsg *fr)
{
	struct ferry_rpmsg_request *r, *tmp;
	LIST_HEAD(list);

	spin_lock(&fr->lock);
	fr->up = false;
	list_splice_init(&fr->requests, &list);
	fr->nr_requests = 0;
	spin_unlock(&fr->lock);
	list_for_each_entry_safe(r, tmp, &list, node)
		kfree(r);
}

/* Process context, nothing held. When this returns all devices are gone. */
void ferry_rpmsg_take_down(struct ferry_rpmsg *fr)
{
	struct ferry_rpmsg_device *d;

	requests_forget(fr);
	while ((d = rpdev_take(fr, true, NULL, 0)))
		rpdev_del(d);
}

/* Takes over the reference of info->fwnode. */
static void rpdev_offer(struct ferry_rpmsg *fr, struct ferry_channel_info *info)
{
	struct rpmsg_channel_info chinfo = { .src = info->number, .dst = info->number };
	struct ferry_rpmsg_device *d;
	int ret;

	static_assert(RPMSG_NAME_SIZE >= FERRY_NAME_LEN);
	strscpy(chinfo.name, info->name, sizeof(chinfo.name));
	if (!info->name[0])
		snprintf(chinfo.name, sizeof(chinfo.name), "channel%u", info->number);
	d = rpdev_alloc(fr, FERRY_RPMSG_OFFERED, &chinfo);
	if (!d) {
		fwnode_handle_put(info->fwnode);
		return;
	}
	d->channel = *info;
	ret = rpdev_add(d);
	if (ret && ret != -EPIPE)
		dev_err_ratelimited(ferry_link_dev(fr->link), "channel %s: no rpmsg device: %d\n",
				    chinfo.name, ret);
}

static bool rpdev_has_offer(struct ferry_rpmsg *fr, const struct ferry_channel_info *info)
{
	struct ferry_rpmsg_device *d;

	guard(spinlock)(&fr->lock);
	list_for_each_entry(d, &fr->devices, node)
		if (d->kind == FERRY_RPMSG_OFFERED && rpdev_stays(d, info, 1))
			return true;
	return false;
}

static void rpdev_sync_ctrl(struct ferry_rpmsg *fr)
{
	static const struct rpmsg_channel_info chinfo = { .name = "rpmsg_ctrl" };
	struct ferry_rpmsg_device *d;
	bool there;

	spin_lock(&fr->lock);
	there = rpdev_find(fr, &chinfo);
	spin_unlock(&fr->lock);
	if (there)
		return;
	d = rpdev_alloc(fr, FERRY_RPMSG_CTRL, &chinfo);
	if (d)
		rpdev_add(d);
}

/* One device for each channel that is offered now, and none for others. */
static void rpdev_sync_offers(struct ferry_rpmsg *fr)
{
	unsigned int i, n, max = ferry_link_channels(fr->link, NULL, 0);
	struct ferry_channel_info *info;
	struct ferry_rpmsg_device *d;

	info = kvcalloc(max(max, 1U), sizeof(*info), GFP_KERNEL);
	if (!info)
		return;
	/* One that appears now is told by another change. */
	n = min(ferry_link_channels(fr->link, info, max), max);
	while ((d = rpdev_take(fr, false, info, n)))
		rpdev_del(d);
	for (i = 0; i < n; i++) {
		if (rpdev_has_offer(fr, &info[i]))
			fwnode_handle_put(info[i].fwnode);
		else
			rpdev_offer(fr, &info[i]);
	}
	kvfree(info);
}

/* True: the link is up, and has been since @epoch began. */
static bool link_is_up(struct ferry_link *link, u32 *epoch)
{
	*epoch = ferry_link_epoch(link);
	smp_rmb();	/* a state that is newer than the epoch is told of by another change */
	return ferry_link_is_up(link);
}

/* Work: the devices follow the link. */
void ferry_rpmsg_sync(struct work_struct *work)
{
	struct ferry_rpmsg *fr = container_of(work, struct ferry_rpmsg, sync_work);
	bool up;
	u32 epoch;

	up = link_is_up(fr->link, &epoch);
	if (!up || epoch != fr->epoch)
		ferry_rpmsg_take_down(fr);
	if (!up)
		return;
	fr->epoch = epoch;
	spin_lock(&fr->lock);
	fr->up = true;
	spin_unlock(&fr->lock);
	rpdev_sync_ctrl(fr);
	rpdev_sync_offers(fr);
}

static int rpdev_create(struct ferry_rpmsg *fr, const struct rpmsg_channel_info *chinfo,
			struct rpmsg_device **rpdev)
{
	struct ferry_rpmsg_device *d = rpdev_alloc(fr, FERRY_RPMSG_CREATED, chinfo);

	if (!d)
		return -ENOMEM;
	*rpdev = &d->rpdev;
	return rpdev_add(d);
}

static int rpdev_remove(struct ferry_rpmsg *fr, const struct rpmsg_channel_info *chinfo)
{
	struct ferry_rpmsg_device *d, *found = NULL;

	spin_lock(&fr->lock);
	list_for_each_entry(d, &fr->devices, node)
		if (d->kind == FERRY_RPMSG_CREATED && d->registered &&
		    chinfo_matches(&d->chinfo, chinfo)) {
			found = d;
			rpdev_leave(d);
			break;
		}
	spin_unlock(&fr->lock);
	if (!found)
		return -EINVAL;
	rpdev_del(found);
	return 0;
}

static int request_add(struct ferry_rpmsg *fr, const struct rpmsg_channel_info *chinfo, bool create)
{
	struct ferry_rpmsg_request *r = kzalloc(sizeof(*r), GFP_KERNEL);
	bool taken;

	if (!r)
		return -ENOMEM;
	r->chinfo = *chinfo;
	r->create = create;
	spin_lock(&fr->lock);
	taken = fr->up && fr->nr_requests < FERRY_RPMSG_MAX_REQUESTS;
	if (taken) {
		fr->nr_requests++;
		list_add_tail(&r->node, &fr->requests);
	}
	spin_unlock(&fr->lock);
	if (!taken) {
		kfree(r);
		return -EBUSY;
	}
	queue_work(ferry_rpmsg_wq, &fr->request_work);
	return 0;
}

/* Work: what was asked for in callbacks, in order. */
void ferry_rpmsg_do_requests(struct work_struct *work)
{
	struct ferry_rpmsg *fr = container_of(work, struct ferry_rpmsg, request_work);
	struct ferry_rpmsg_request *r;
	struct rpmsg_device *rpdev;

	for (;;) {
		spin_lock(&fr->lock);
		r = list_first_entry_or_null(&fr->requests, struct ferry_rpmsg_request, node);
		if (r) {
			list_del(&r->node);
			fr->nr_requests--;
		}
		spin_unlock(&fr->lock);
		if (!r)
			return;
		if (r->create)
			rpdev_create(fr, &r->chinfo, &rpdev);
		else
			rpdev_remove(fr, &r->chinfo);
		kfree(r);
	}
}

/*
 * In a callback (of the name service) the device is made later, since its driver may wait
 * in probe() for what the same thread receives. What is returned then is good for the only
 * use that it has: it is not NULL.
 */
static struct rpmsg_device *rpdev_create_channel(struct rpmsg_device *rpdev,
						 struct rpmsg_channel_info *chinfo)
{
	struct ferry_rpmsg *fr = rpdev_of(rpdev)->fr;
	struct rpmsg_channel_info info = *chinfo;
	struct rpmsg_device *made = rpdev;

	info.name[RPMSG_NAME_SIZE - 1] = '\0';
	if (!info.name[0])
		return NULL;
	if (ferry_rpmsg_in_callback(fr))
		return request_add(fr, &info, true) ? NULL : made;
	return rpdev_create(fr, &info, &made) ? NULL : made;
}

/* Those that were created so; the others are the remote's to close. */
static int rpdev_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo)
{
	struct ferry_rpmsg *fr = rpdev_of(rpdev)->fr;

	if (ferry_rpmsg_in_callback(fr))
		return request_add(fr, chinfo, false);
	return rpdev_remove(fr, chinfo);
}
