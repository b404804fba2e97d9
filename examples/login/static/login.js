// Everything works without this file. It spares the person some clicks.
"use strict";

// A second click on a slow page would be a second request. Who stopped the first one can
// try again a little later.
for (const form of document.forms) {
	form.addEventListener("submit", (event) => {
		if (performance.now() < form.dataset.until) {
			event.preventDefault();
		} else {
			form.dataset.until = performance.now() + 5000;
		}
	});
}

// A page that the back button brings back can be used again.
addEventListener("pageshow", (event) => {
	if (event.persisted && document.querySelector('form[action="/logout"]')) {
		location.reload(); // the person may have signed out since
	}
	for (const form of document.forms) {
		delete form.dataset.until;
	}
});

// The server does not know where the person's clock stands.
for (const time of document.querySelectorAll("time")) {
	time.textContent = new Date(time.dateTime).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
}

// The code is sent as soon as all its digits are there, whatever script they are of.
const code = document.getElementById("code");
if (code) {
	const complete = /^[\s\p{Pd}]*(?:\p{Nd}[\s\p{Pd}]*){6}$/u;
	code.addEventListener("input", () => {
		if (complete.test(code.value)) {
			code.form.requestSubmit();
		}
	});

	// Where the browser reads codes out of text messages, the person only agrees.
	if ("OTPCredential" in window) {
		const done = new AbortController();
		code.form.addEventListener("submit", () => done.abort());
		navigator.credentials.get({ otp: { transport: ["sms"] }, signal: done.signal }).then((message) => {
			code.value = message.code;
			code.form.requestSubmit();
		}, () => {}); // not wanted, or none came
	}
}

// A code can be sent again after a while. The server checks that too.
const resend = document.getElementById("resend");
if (resend && Number(resend.dataset.wait) > 0) {
	const buttons = [...resend.querySelectorAll("button")];
	const again = buttons[0].textContent;
	const ready = performance.now() + Number(resend.dataset.wait) * 1000;
	const tick = () => {
		const left = Math.ceil((ready - performance.now()) / 1000);
		for (const button of buttons) {
			button.disabled = left > 0;
		}
		buttons[0].textContent = left > 0 ? resend.dataset.soon.replace("%s", left) : again;
		if (left <= 0) {
			clearInterval(timer);
			resend.querySelector("[aria-live]").textContent = resend.dataset.now;
		}
	};
	const timer = setInterval(tick, 250);
	tick();
}
