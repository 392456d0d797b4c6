// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a driver finds its ports, which is by its "mboxes", whether they name a port of Ferry or
 * a channel of the kernel's mailbox framework.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/property.h>

#include "mailbox.h"

/**
 * ferry_port_get() - find the port that the "mboxes" of a device name
 * @dev:	the user
 * @index:	which of its "mboxes"
 * @dir:	direction; most entries stand for one port of each
 * @len:	length of the messages, bytes; 0 for a doorbell
 *
 * The node named may belong to a port of Ferry, whose number there is the first
 * cell; else it is a mailbox controller of the kernel. Of the latter each direction
 * can be had once.
 *
 * Context: process, may sleep.
 * Return: the port, for ferry_port_put(); or ERR_PTR() of -ENOENT there is no such
 * entry, -EPROBE_DEFER its provider is not there yet, -EMSGSIZE the port cannot carry
 * @len bytes, -EBUSY it is taken, -EINVAL the entry is malformed, -ENOMEM, or the
 * error of mbox_request_channel().
 */
struct ferry_port *ferry_port_get(struct device *dev, unsigned int index,
				  enum ferry_port_dir dir, size_t len)
{
	struct fwnode_reference_args args;
	struct ferry_port *port;
	int ret;

	ret = fwnode_property_get_reference_args(dev_fwnode(dev), "mboxes", "#mbox-cells", 0,
						 index, &args);
	if (ret)
		return ERR_PTR(ret == -EINVAL && dev_fwnode(dev) ? ret : -ENOENT);

	port = ferry_port_lookup(args.fwnode, args.nargs ? args.args[0] : 0, dir);
	fwnode_handle_put(args.fwnode);
	if (!IS_ERR(port)) {
		if (port->desc->max_len >= len)
			return port;
		ferry_port_put(port);
		return ERR_PTR(-EMSGSIZE);
	}

	port = ferry_mbox_port_get(dev, index, dir, len);
	/* The entry is there: what is missing is its provider. */
	if (port == ERR_PTR(-ENODEV) || port == ERR_PTR(-ENOENT))
		return ERR_PTR(-EPROBE_DEFER);
	return port;
}
EXPORT_SYMBOL_GPL(ferry_port_get);
