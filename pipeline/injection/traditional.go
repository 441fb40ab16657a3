package injection

// simplifiedTraditional pairs simplified characters of the lexicon with their
// traditional forms.
const simplifiedTraditional = "请 請 给 給 满 滿 记 記 录 錄 评 評 审 審 会 會 话 話 对 對 达 達 标 標 质 質 检 檢 单 單 问 問 题 題 项 項 扩 擴 无 無 视 視 规 規 则 則 设 設 词 詞 说 說 输 輸 认 認 为 為 统 統 结 結 从 從 现 現 务 務 语 語 译 譯 写 寫 编 編 码 碼 诗 詩 数 數 据 據 觉 覺 这 這 该 該 优 優 听 聽 须 須 应 應 当 當 开 開 发 發 启 啟 动 動 员 員 专 專 业 業 机 機 证 證 识 識 别 別 违 違 复 復 没 沒 个 個 时 時 间 間 许 許 总 總 维 維 转 轉 馈 饋 显 顯 让 讓 谁 誰 么 麼 样 樣 学 學 国 國 华 華 东 東 车 車 电 電 图 圖 书 書 历 歷 战 戰 争 爭 经 經 济 濟 义 義 论 論 释 釋 讲 講 简 簡 连 連 绍 紹 绕 繞 处 處 辑 輯 驱 驅 龙 龍 陆 陸 岁 歲 阳 陽 银 銀 钟 鐘 飞 飛 变 變 热 熱 场 場 计 計 权 權 预 預 观 觀 宫 宮 险 險 响 響 产 產 内 內 实 實 验 驗 获 獲 缴 繳 约 約 细 細 条 條 节 節 顶 頂 颜 顏"
