// Returns what is wrong with the page for people who see little, press with a thumb,
// use a keyboard or listen, on a screen of the width.
(width) => {
	const complaints = [];
	const complain = (element, what) => complaints.push(
		`${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""} ${(element.textContent || "").trim().slice(0, 30)}: ${what}`);

	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data];
	};
	const luminance = (color) => {
		const [r, g, b] = rgba(color).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (a, b) => {
		const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
		return (light + 0.05) / (dark + 0.05);
	};
	const behind = (element) => {
		for (let e = element; e; e = e.parentElement) {
			const color = getComputedStyle(e).backgroundColor;
			if (rgba(color)[3] === 255) {
				return color;
			}
		}
		return "white";
	};
	const shown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";

	for (const element of document.body.querySelectorAll("*")) {
		if (!shown(element)) {
			continue;
		}
		const style = getComputedStyle(element);
		const speaks = [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
		if (speaks && contrast(style.color, behind(element)) < 4.5) {
			complain(element, `text contrast ${contrast(style.color, behind(element)).toFixed(1)}`);
		}
		if (!element.matches("a, button, input, select") || element.type === "hidden") {
			continue;
		}
		const box = element.getBoundingClientRect();
		const least = element.matches("a") ? 32 : 44;
		if (box.height < least) {
			complain(element, `only ${box.height} px high`);
		}
		if (element.matches("input, select")) {
			if (!element.labels.length) {
				complain(element, "no label");
			}
			if (contrast(style.borderTopColor, behind(element.parentElement)) < 3) {
				complain(element, "its border can hardly be seen");
			}
			if (parseFloat(style.fontSize) < 16) {
				complain(element, "a phone will zoom in");
			}
		}
		for (const id of (element.getAttribute("aria-describedby") || "").split(" ").filter(Boolean)) {
			if (!document.getElementById(id)) {
				complain(element, `nothing is called ${id}`);
			}
		}
		element.focus({ focusVisible: true });
		if (!element.disabled && (getComputedStyle(element).outlineStyle === "none" || parseFloat(getComputedStyle(element).outlineWidth) < 2)) {
			complain(element, "no sign of the focus");
		}
	}
	if (document.documentElement.scrollWidth > width) { // innerWidth grows with what does not fit
		complaints.push(`the page is ${document.documentElement.scrollWidth} px wide`);
	}
	if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) {
		complaints.push("not one heading and one main part");
	}
	if (!document.documentElement.lang || !document.title) {
		complaints.push("no language or no title");
	}
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	if (new Set(ids).size !== ids.length) {
		complaints.push("an id twice");
	}
	return complaints;
}
