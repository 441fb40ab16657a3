package knowledge

import "testing"

func TestWrittenNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"一百二十九的套餐降到五十九": "129的套餐降到59", "十五块": "15块", "二十": "20", "一百零五": "105", "三千": "3000", "两百五十": "250", "一百二的套餐": "120的套餐", "两千五": "2500", "三千零五": "3005", "一千零五十": "1050", "二十五": "25", "五百": "500",
		"十分": "十分", "千万不要": "千万不要", "几十块": "几十块", "一二零零": "一二零零", "九九十": "九九十", "十百": "十百", "百分之五": "百分之五",
		"no number": "no number", "": "",
	} {
		if got := writtenNumbers(text); got != want {
			t.Errorf("writtenNumbers(%q) = %q, want %q", text, got, want)
		}
	}
}
