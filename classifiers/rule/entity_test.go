package rule

import "testing"

func TestEntitySaysHowNearItCame(t *testing.T) {
	t.Parallel()
	tests := []struct{ keys, text, want string }{
		{"entity: {type: amount, op: '>', value: 200}", "退您50元，再退您一百九十八块", `"一百九十八块" is 198, not > 200`},
		{"entity: {type: amount, op: between, values: [100, 200]}", "I pay $250 or $90", `"$90" is 90, not between 100, 200`},
		{"entity: {type: phone, op: ==, value: 138-0000-0000}", "打13812345678", `"13812345678" is 13812345678, not == 13800000000`},
		{"entity: {type: amount}", "nothing", ""},
		{"entity: {type: amount, op: '>', value: 3}", "nothing", ""},
	}
	for _, tt := range tests {
		if got := nearOne(t, tt.keys, "agent: "+tt.text); got != tt.want {
			t.Errorf("%s in %q: %q, want %q", tt.keys, tt.text, got, tt.want)
		}
	}
}

func BenchmarkEntity(b *testing.B) {
	benchmarkGrowth(b, "entity: {type: amount, op: '>', value: 1000}", "订单20250105 一百二十三块五 $1,234.50 at 5 pm 明天 ")
}
