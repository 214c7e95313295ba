// Going back to a page that asks "is this right?" opens the form it came from: the browser would ask to send it again.
if (self.document?.querySelector("button[name=confirm]")) history.replaceState(null, "", location.href);
