package knowledge

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// listKeys are the keys whose values are lists.
var listKeys = []string{"questions", "tags"}

func isListKey(key string) bool { return slices.Contains(listKeys, key) }

// columnNames are the names of columns beside the keys themselves, in the form
// that plainName gives them.
var columnNames = map[string][]string{
	"id": {
		"id", "编号", "标识", "知识编号", "知识id", "方案编号", "方案id", "解决方案编号", "solution_id", "article_id", "文章编号",
	},
	"title": {"title", "标题", "名称", "主题", "标准问", "标准问题", "问题标题", "知识标题", "方案标题", "subject", "question_title"},
	"questions": {
		"questions", "question", "相似问", "相似问法", "相似问题", "扩展问", "扩展问法", "扩展问题", "其他问法", "问法", "同义问", "问题", "问",
		"similar_questions", "variants", "wordings",
	},
	"answer": {"answer", "答案", "回答", "回复", "答", "解答", "标准答案", "答案内容", "内容", "正文", "解决方案", "解决办法", "body", "content", "text"},
	"short_reply": {
		"short_reply", "短回复", "快捷回复", "简短回复", "简短答复", "快捷答复", "canned_response", "quick_reply",
	},
	"note":          {"note", "内部备注", "备注", "内部说明", "坐席备注", "internal_note", "notes"},
	"tags":          {"tags", "tag", "标签", "关键词", "关键字", "分类", "类别", "labels", "keywords"},
	"product":       {"product", "产品", "产品名称", "产品线", "商品", "适用产品", "entity"},
	"region":        {"region", "地区", "区域", "地域", "适用地区"},
	"customer_type": {"customer_type", "客户类型", "用户类型", "客户类别", "适用客户"},
	"language":      {"language", "语言", "语种", "lang", "locale"},
	"stage":         {"stage", "阶段", "话术阶段", "sop阶段", "服务阶段"},
	"valid_from":    {"valid_from", "生效日期", "生效时间", "开始日期", "有效期起", "有效期开始"},
	"valid_to":      {"valid_to", "失效日期", "失效时间", "截止日期", "结束日期", "到期日期", "有效期至", "有效期止", "有效期结束", "expires"},
	"owner":         {"owner", "负责人", "责任人", "维护人", "所有者", "负责部门"},
	"review_by":     {"review_by", "复核日期", "复审日期", "下次复核", "下次复核日期", "待复核日期", "review_date"},
	"reviewed_at":   {"reviewed_at", "复核时间", "最近复核", "上次复核", "上次复核时间", "last_reviewed"},
	"status":        {"status", "状态", "发布状态", "知识状态"},
}

// askedNames are names of columns of questions, of which the first is the title
// where no column is called so.
var askedNames = []string{"问题", "问", "question"}

// isAsked reports whether a column may be the title.
func isAsked(name string) bool { return slices.Contains(askedNames, plainName(name)) }

// rowNumbers are names of columns that count the rows: a row that moves would
// become another solution.
var rowNumbers = []string{"序号", "行号", "no.", "row"}

func isRowNumber(name string) bool { return slices.Contains(rowNumbers, plainName(name)) }

// bothNames lists the keys with one Chinese name of each, for people.
func bothNames() string {
	names := make([]string, len(solutionKeys))
	for i, key := range solutionKeys {
		names[i] = key
		if j := slices.IndexFunc(columnNames[key], isChineseText); j >= 0 {
			names[i] += " (" + columnNames[key][j] + ")"
		}
	}
	return strings.Join(names, ", ")
}

func isChineseText(s string) bool { return strings.ContainsFunc(s, isHan) }

// spokenList lists the words of a closed list, with what people write for them.
func spokenList[T ~string](key string, allowed []T) string {
	parts := make([]string, len(allowed))
	for i, word := range allowed {
		var spoken []string
		for said, means := range spokenWords[key] {
			if means == string(word) && isChineseText(said) {
				spoken = append(spoken, said)
			}
		}
		slices.Sort(spoken)
		if parts[i] = string(word); len(spoken) > 0 {
			parts[i] += " (" + strings.Join(spoken, ", ") + ")"
		}
	}
	return strings.Join(parts, ", ")
}

// spokenWords are the words that people write in tables for those of closed lists.
var spokenWords = map[string]map[string]string{
	"status": {
		"draft": string(Draft), "草稿": string(Draft), "待发布": string(Draft),
		"published": string(Published), "active": string(Published), "已发布": string(Published), "发布": string(Published),
		"生效": string(Published), "已生效": string(Published), "启用": string(Published),
		"retired": string(Retired), "archived": string(Retired), "已下线": string(Retired), "下线": string(Retired),
		"停用": string(Retired), "已停用": string(Retired), "已归档": string(Retired), "作废": string(Retired),
	},
	"customer_type": {
		"individual": "individual", "个人": "individual", "个人客户": "individual",
		"enterprise": "enterprise", "企业": "enterprise", "企业客户": "enterprise", "business": "enterprise",
	},
	"stage": {
		"guide": string(Guide), "引导": string(Guide), "开场": string(Guide), "开场引导": string(Guide),
		"confirm_need": string(ConfirmNeed), "confirm need": string(ConfirmNeed), "确认需求": string(ConfirmNeed), "需求确认": string(ConfirmNeed),
		"explain_solution": string(ExplainSolution), "explain solution": string(ExplainSolution), "解释方案": string(ExplainSolution),
		"方案讲解": string(ExplainSolution), "说明方案": string(ExplainSolution),
		"feedback": string(Feedback), "反馈": string(Feedback), "反馈确认": string(Feedback), "结果反馈": string(Feedback),
	},
	"language": {
		"中文": "zh", "汉语": "zh", "简体中文": "zh-CN", "繁体中文": "zh-TW", "繁體中文": "zh-TW", "chinese": "zh",
		"英文": "en", "英语": "en", "english": "en",
	},
}

// columnKey is the key that a column's name means; "" when it means none. Names
// are taken in any case and width, with blanks or hyphens for the underscore; a
// column of a list may be numbered, such as question_2 and 相似问2.
func columnKey(name string) string {
	name = plainName(name)
	unnumbered := strings.TrimRight(strings.TrimRightFunc(name, unicode.IsDigit), "_")
	for key, names := range columnNames {
		if slices.Contains(names, name) || isListKey(key) && slices.Contains(names, unnumbered) {
			return key
		}
	}
	return ""
}

// plainName is a name without the differences that do not count.
func plainName(name string) string {
	name = strings.ToLower(strings.TrimSpace(width.Fold.String(name)))
	return strings.NewReplacer(" ", "_", "-", "_").Replace(name)
}
