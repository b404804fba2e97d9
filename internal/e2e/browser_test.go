package e2e

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stepLimit is how long a page has to become what a test waits for. It is only ever
// used up by a test that fails.
const stepLimit = 2 * time.Minute

var screenshots = flag.Bool("screenshots", false, "write docs/screenshots instead of skipping the tests that make them")

// sharedBrowser is one Chromium for all tests. Each test has cookies of its own in it.
type sharedBrowser struct {
	once sync.Once
	root context.Context //nolint:containedctx // chromedp keeps the browser in it
	stop context.CancelFunc
	err  error
}

var chromium sharedBrowser

func TestMain(m *testing.M) {
	m.Run()
	chromium.close()
	removePrograms()
}

func (b *sharedBrowser) start() {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // tests run as root, where the sandbox does not start
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute), // a busy machine takes its time
	)
	path := os.Getenv("CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	if _, err := os.Stat(path); err == nil {
		options = append(options, chromedp.ExecPath(path)) // elsewhere chromedp looks for one
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	b.stop = stop
	b.root, _ = chromedp.NewContext(allocator)
	b.err = chromedp.Do(b.root)
}

// close ends Chromium and waits until its processes and its profile are gone.
func (b *sharedBrowser) close() {
	if b.root == nil {
		return
	}
	ctx, cancel := context.WithTimeout(b.root, stepLimit)
	defer cancel()
	_ = chromedp.Cancel(ctx) // asks nicely; stop does not
	b.stop()
}

// device is what a page is looked at with.
type device struct {
	name          string
	width, height int64
	mobile        bool
	dark          bool   // prefers-color-scheme
	noScript      bool   // JavaScript is switched off
	languages     string // Accept-Language; empty for English
}

func desktop() device { return device{name: "desktop", width: 1024, height: 768} }
func phone() device   { return device{name: "phone", width: 390, height: 760, mobile: true} }

func (d device) inDark() device              { d.dark = true; return d }
func (d device) withoutScript() device       { d.noScript = true; return d }
func (d device) speaking(tags string) device { d.languages = tags; return d }
func (d device) scheme() (name string)       { return map[bool]string{false: "light", true: "dark"}[d.dark] }
func (d device) String() string {
	name := d.name
	if d.noScript {
		name += " without JavaScript"
	}
	return name
}

// tab is a page in the browser. An error on the page's console, and an exception
// that it does not catch, fail the test.
type tab struct {
	t      *testing.T
	device device
	ctx    context.Context //nolint:containedctx // chromedp keeps the tab in it

	mu        sync.Mutex
	tolerated []string
	hushed    []string // problems that were tolerated
	problems  []string
}

// newTab opens an empty tab with cookies of its own: another person's browser.
func newTab(t *testing.T, d device) *tab {
	t.Helper()
	chromium.once.Do(chromium.start)
	require.NoError(t, chromium.err, "Chromium did not start")
	return openTab(chromium.root, t, d, chromedp.WithNewBrowserContext())
}

// another opens a second tab of the same browser, with the same cookies.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.ctx, b.t, b.device)
}

func openTab(parent context.Context, t *testing.T, d device, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	b := &tab{t: t, device: d, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			b.describe()
		}
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Empty(t, b.problems, "the page complained")
	})
	// Without a time limit, whose end would close the tab.
	require.NoError(t, chromedp.Listen(ctx, b.listen), "open a tab")
	b.do(chromedp.Func(d.apply))
	return b
}

// apply makes the tab look like the device to its pages.
func (d device) apply(ctx context.Context, t *chromedp.Target) error {
	version, err := cdp.Call(ctx, t, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return err
	}
	_, err = cdp.Call(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: version.UserAgent, AcceptLanguage: d.languages,
	})
	if err != nil {
		return err
	}
	_, err = cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: d.width, Height: d.height, DeviceScaleFactor: 1, Mobile: d.mobile,
	})
	if err != nil {
		return err
	}
	_, err = cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: d.mobile})
	if err != nil {
		return err
	}
	// A tab in the background has the focus too, as if it had a window to itself.
	_, err = cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	if err != nil {
		return err
	}
	_, err = cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: d.noScript})
	if err != nil {
		return err
	}
	_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: d.scheme()},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	return err
}

// listen collects what the page complains about.
func (b *tab) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		words := []string{"console:"}
		for _, arg := range e.Args {
			words = append(words, string(arg.Value)+arg.Description)
		}
		problem = strings.Join(words, " ")
	case *log.EventEntryAdded: // a blocked script, a file that is not there
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		problem = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.tolerated {
		if strings.Contains(problem, text) {
			b.hushed = append(b.hushed, problem)
			return
		}
	}
	b.problems = append(b.problems, problem)
}

// tolerate lets the page complain with a text that contains this one. Chromium
// writes a line for each answer that is an error, such as "status of 422".
func (b *tab) tolerate(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerated = append(b.tolerated, text)
}

// do takes some steps on the page, and waits for each to be possible.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, step := range steps {
		get(b, step)
	}
}

// get takes a step that has a result. It is taken again when the page replaced the
// element that was just found, as a page does that shows what happens elsewhere.
func get[T any](b *tab, step chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepLimit)
	defer cancel()
	for {
		result, err := chromedp.Run(ctx, step)
		if err != nil && strings.Contains(err.Error(), "Could not find node with given id") {
			continue
		}
		require.NoError(b.t, err)
		return result
	}
}

// visit takes steps that lead to another page, and waits until that is loaded.
func (b *tab) visit(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	get(b, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Steps(steps...)))
}

// open goes to an address, as if it had been typed.
func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// text returns what can be read in the first element that the CSS selector finds.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return get(b, chromedp.Text(chromedp.CSS(selector)))
}

// has reports whether an element is on the page now.
func (b *tab) has(selector string) bool {
	b.t.Helper()
	return len(get(b, chromedp.QueryNodeIDs(chromedp.CSSAll(selector), chromedp.AtLeast(0)))) > 0
}

// path returns the address without its host.
func (b *tab) path() string {
	b.t.Helper()
	url := get(b, chromedp.Location())
	if _, rest, found := strings.Cut(url, "://"); found {
		_, path, _ := strings.Cut(rest, "/")
		return "/" + path
	}
	return url
}

// describe logs what the tab showed when its test failed.
func (b *tab) describe() {
	ctx, cancel := context.WithTimeout(b.ctx, stepLimit)
	defer cancel()
	url, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return // the browser is gone, which the test has said
	}
	html, _ := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("html")))
	b.t.Logf("the tab of a %s shows %s\n%s", b.device, url, html)
}

// screenshot writes what is to be seen now, and what is to be scrolled to, to
// docs/screenshots, as a file named after the page, the device and the color scheme.
func (b *tab) screenshot(name string) {
	b.t.Helper()
	picture := shrink(b.t, get(b, chromedp.FullScreenshot(100)))
	file := filepath.Join("..", "..", "docs", "screenshots", name+"-"+b.device.name+"-"+b.device.scheme()+".png")
	require.NoError(b.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(b.t, os.WriteFile(file, picture, 0o644))
	b.t.Logf("%s: %d bytes", filepath.Base(file), len(picture))
}

// shrink reduces a PNG to its 64 most frequent colors, which flat pages hardly show
// and the repository does.
func shrink(t *testing.T, file []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, reduce(full)))
	return out.Bytes()
}

// reduce returns the picture in its 64 most frequent colors.
func reduce(full image.Image) *image.Paletted {
	count := map[color.Color]int{}
	area := full.Bounds()
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			count[full.At(x, y)]++
		}
	}
	palette := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int {
		return cmp.Or(count[b]-count[a], int(luma(a))-int(luma(b)))
	})
	small := image.NewPaletted(area, palette[:min(64, len(palette))])
	draw.Draw(small, area, full, area.Min, draw.Src)
	return small
}

func luma(c color.Color) uint16 { return color.Gray16Model.Convert(c).(color.Gray16).Y }

// wantScreenshots skips a test whose only purpose is to make them.
func wantScreenshots(t *testing.T) {
	t.Helper()
	if !*screenshots {
		t.Skip("run with -screenshots to write docs/screenshots")
	}
}
