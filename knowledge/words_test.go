package knowledge

import (
	"slices"
	"testing"
)

func TestOneThingIsFoundInAllItsSpellings(t *testing.T) {
	t.Parallel()
	a, err := newAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, a, b string }{
		{"traditional characters", "請問怎麼辦理寬頻帳號註銷", "请问怎么办理宽频账号注销"},
		{"full width", "ＡＢ－１２３４ 怎么充电", "ab-1234 怎么充电"},
		{"codes", "路由器 AB-1234-X5 重置", "路由器 AB1234X5 重置"},
		{"capitals", "IPHONE 15 PRO", "iPhone 15 Pro"},
		{"spoken numbers", "一百二十九元套餐", "129元套餐"},
		{"inflected words", "my deliveries were delayed", "my delivery was delayed"},
		{"days of other weeks", "我上周三买的伞", "我买的伞"},
		{"Cantonese", "退欵點辦，幾時到賬", "退款怎么办，什么时候到账"},
		{"short forms", "I can't log in", "I cannot login"},
	} {
		if x, y := a.singles(canonical(c.a)), a.singles(canonical(c.b)); !slices.Equal(x, y) {
			t.Errorf("%s: %q and %q", c.name, x, y)
		}
	}
}
